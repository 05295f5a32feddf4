import type { Job } from 'bullmq'
import type { Cluster, Redis } from 'ioredis'
import type { PromotionJob } from '../queue/jobs.ts'
import type { Queues } from '../queue/queues.ts'
import type { TaggedImage } from './match.ts'

/** How long a rollback that was killed keeps promotions from its tag, in ms. */
const HELD_MS = 5 * 60_000

/** A promotion to the tag is in hand, or a rollback. */
export class TagInHand extends Error {
  override readonly name = 'TagInHand'
}

/** Runs something while no promotion to a target tag is in hand. @throws TagInHand */
export type HoldTag = <T>(to: TaggedImage, act: () => Promise<T>) => Promise<T>

/**
 * Lets one promotion or rollback of a target tag be in hand at a time, in all processes together. Of promotions, it is the first
 * of the active jobs for that tag. The list of active jobs is one list in Redis, so all processes see the same order. A killed
 * worker's job is among them until BullMQ puts it back into the queue: then it is not its turn, should the worker wake up. A rollback has no job: it sets a key, and then looks at
 * the list; a promotion is in the list, and then looks at the key. So one of the two sees the other.
 */
export function makeTagTurns({
  queues,
  redis,
  prefix,
}: {
  queues: Pick<Queues, 'promotion'>
  redis: Redis | Cluster
  prefix: string
}) {
  const keyOf = ({ registry, repository, tag }: TaggedImage) =>
    `${prefix}:rollback:${registry}/${repository}:${tag}`

  async function firstActive(to: TaggedImage) {
    const active = await queues.promotion.getJobs(['active'], 0, -1, true)
    return active.find(
      (one) =>
        one?.data.kind === 'copy' &&
        one.data.to.registry === to.registry &&
        one.data.to.repository === to.repository &&
        one.data.to.tag === to.tag,
    )
  }

  async function isTurn({ id, data: { to } }: Pick<Job<PromotionJob>, 'id' | 'data'>): Promise<boolean> {
    const first = await firstActive(to)
    return first?.id === id && (await redis.exists(keyOf(to))) === 0
  }

  const holdTag: HoldTag = async (to, act) => {
    const key = keyOf(to)
    const holder = crypto.randomUUID()
    if ((await redis.set(key, holder, 'PX', HELD_MS, 'NX')) === null)
      throw new TagInHand('a rollback of this tag is in hand: try again')
    const renewal = setInterval(() => void redis.pexpire(key, HELD_MS).catch(() => {}), HELD_MS / 3)
    try {
      const active = await firstActive(to)
      if (active !== undefined)
        throw new TagInHand(`the promotion ${active.id} to this tag is in hand: try again`)
      return await act()
    } finally {
      clearInterval(renewal)
      // After it had expired, another rollback may hold the tag.
      if ((await redis.get(key)) === holder) await redis.del(key)
    }
  }

  return { isTurn, holdTag }
}

import type { JobType } from 'bullmq'
import type { Queues } from '../queue/queues.ts'
import { type Pending, WAITS_MS } from './doubts.ts'

/** Jobs of a state that are looked at. Any of the others may be of the registry. */
const MOST_JOBS = 200

/** Events that are read in a look, those of all jobs together: some 5 MB. Beyond that, any job may be of the registry. */
const MOST_EVENTS = 5_000

/** What a job of the queue holds. It never changes. */
interface Content {
  registries: ReadonlySet<string>
  /** epoch ms */
  addedAt: number
}

interface Look {
  registry: string
  seen: Map<string, Content>
  /** Events that may still be read. */
  budget: number
}

/**
 * Makes a function that tells what was accepted from a registry and is not in the index yet. The queue of events is shared,
 * and only the data of a job tell whose events it holds: up to 10 MB, so each job is read once. What is too much to be read
 * counts as events of this registry. `now` is epoch ms.
 */
export function makePendingEvents({ events }: Pick<Queues, 'events'>) {
  /** Of the jobs that the last look saw, by their ids. */
  let known = new Map<string, Content>()

  /** The oldest jobs of a state, and one more if there are too many. */
  const idsOf = (state: JobType): Promise<string[]> => events.getRanges([state], 0, MOST_JOBS, true)

  return async function pendingOf(registry: string, now: number): Promise<Pending> {
    // A job that moves meanwhile is in one of these lists: it can go from the first two only to those after them.
    const failed = new Set(await idsOf('failed'))
    const delayed = new Set(await idsOf('delayed'))
    const waiting = await idsOf('waiting')
    const active = await idsOf('active')
    for (const id of await idsOf('delayed')) delayed.add(id)
    for (const id of await idsOf('failed')) failed.add(id)
    const look = { registry, seen: new Map<string, Content>(), budget: MOST_EVENTS }
    const pending = {
      failed: await count(look, failed),
      delayed: await count(look, delayed),
      oldestAt: await oldestOf(look, { waiting, active }, now - WAITS_MS),
    }
    known = look.seen
    return pending
  }

  /** `undefined` if there is too much to read. A job that is done has no registries. */
  async function contentOf(look: Look, id: string): Promise<Content | undefined> {
    const content = look.seen.get(id) ?? known.get(id) ?? (look.budget > 0 ? await read(look, id) : undefined)
    if (content !== undefined) look.seen.set(id, content)
    return content
  }

  async function read(look: Look, id: string): Promise<Content> {
    const job = await events.getJob(id)
    const deliveries = job?.data.deliveries ?? []
    for (const delivery of deliveries) look.budget -= delivery.events.length + 1
    return { registries: new Set(deliveries.map(({ registry }) => registry)), addedAt: job?.timestamp ?? 0 }
  }

  /** How many of these jobs hold events of the registry, or may hold some. */
  async function count(look: Look, ids: ReadonlySet<string>): Promise<number> {
    let found = 0
    for (const [n, id] of [...ids].entries()) {
      const content = n < MOST_JOBS ? await contentOf(look, id) : undefined
      if (content?.registries.has(look.registry) ?? true) found += 1
    }
    return found
  }

  /**
   * When the oldest of these jobs was added that holds events of the registry, or may hold some; `undefined` if that was
   * after `before`, or there is none. Jobs wait in the order in which they were added, so the younger ones are not read.
   */
  async function oldestOf(
    look: Look,
    { waiting, active }: { waiting: readonly string[]; active: readonly string[] },
    before: number,
  ): Promise<number | undefined> {
    let oldest: number | undefined
    for (const [n, id] of [...active, ...waiting].entries()) {
      const content = n < MOST_JOBS ? await contentOf(look, id) : undefined
      const addedAt = content?.addedAt ?? before - 1
      if (addedAt >= before && n >= active.length) break
      const isOurs = content?.registries.has(look.registry) ?? true
      if (isOurs && addedAt < before) oldest = Math.min(addedAt, oldest ?? addedAt)
      if (content === undefined) break
    }
    return oldest
  }
}

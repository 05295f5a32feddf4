import type { Cluster, Redis } from 'ioredis'
import type { Delivery } from '../queue/jobs.ts'
import type { IndexStatus, Ledger } from '../reconcile/ledger.ts'
import { isBreak, type PullEvidence, type PullsHeard, pullsHeard } from './pulls-heard.ts'
import { timeOf } from './watch-instances.ts'

/**
 * How often a process writes for a registry that a pull was heard, at most, in ms. It must be shorter than a reconcile waits
 * before it reads (5 s), so that the first event of a reconcile's own requests is written.
 */
const WRITE_MS = 2_000

/** Times of pull events, epoch µs. */
interface Span {
  first: number
  last: number
}

/** Keeps when pulls of each registry were heard. `now` is a clock in epoch µs. */
export function makePulls(deps: {
  redis: Redis | Cluster
  prefix: string
  ledger: Pick<Ledger, 'status'>
  now: () => number
}) {
  const { redis } = deps
  const keyOf = (registry: string) => `${deps.prefix}:{${registry}}:pulls`
  /** What was heard and is not written yet. */
  const unwritten = new Map<string, Span>()
  /** When it was written last, by the clock of `performance`. */
  const writtenAt = new Map<string, number>()

  async function evidenceOf(registry: string): Promise<PullEvidence> {
    const [scores, status] = await Promise.all([
      redis.zmscore(keyOf(registry), 'since', 'last'),
      deps.ledger.status(registry),
    ])
    const [since, last] = scores
    const heard = since != null && last != null ? { since: Number(since), last: Number(last) } : undefined
    return { heard, probe: probeOf(status) }
  }

  async function write(registry: string, { first, last }: Span): Promise<void> {
    if (isBreak(await evidenceOf(registry), first)) await redis.zadd(keyOf(registry), first, 'since')
    await redis.zadd(keyOf(registry), 'GT', last, 'last')
  }

  return {
    /** Notes the pulls among the events of these deliveries, whoever pulled: they show that the registry sends pulls. */
    async watch(deliveries: readonly Delivery[]): Promise<void> {
      for (const [registry, span] of pullsIn(deliveries)) {
        const sum = merge(unwritten.get(registry), span)
        unwritten.set(registry, sum)
        if (performance.now() - (writtenAt.get(registry) ?? Number.NEGATIVE_INFINITY) < WRITE_MS) continue
        writtenAt.set(registry, performance.now())
        unwritten.delete(registry)
        await write(registry, sum)
      }
    },

    /** Redis has lost its data, and pulls with it that were accepted: what was heard before shows nothing of the time until now. */
    forget(): void {
      unwritten.clear()
      writtenAt.clear()
    },

    /** Whether the pulls of a registry are heard. */
    of: async (registry: string): Promise<PullsHeard> => pullsHeard(await evidenceOf(registry), deps.now()),
  }
}
export type Pulls = ReturnType<typeof makePulls>

/** The first and the last pull of each registry in the order of arrival, at the times that their events tell. */
function pullsIn(deliveries: readonly Delivery[]): Map<string, Span> {
  const found = new Map<string, Span>()
  for (const { registry, receivedAt, events } of deliveries) {
    const ends = [events.find(isPull), events.findLast(isPull)]
    const times = ends.flatMap((event) => timeOf({ event, receivedAt }) ?? [])
    if (times.length === 0) continue
    const span = { first: Math.min(...times), last: Math.max(...times) }
    found.set(registry, merge(found.get(registry), span))
  }
  return found
}

const isPull = (event: unknown): boolean =>
  typeof event === 'object' && event !== null && 'action' in event && event.action === 'pull'

const merge = (a: Span | undefined, b: Span): Span =>
  a === undefined ? b : { first: Math.min(a.first, b.first), last: Math.max(a.last, b.last) }

function probeOf({ lastReport }: Pick<IndexStatus, 'lastReport'>): PullEvidence['probe'] {
  if (lastReport?.method !== 'api') return undefined
  const us = (time: string) => Date.parse(time) * 1000
  return { beganAt: us(lastReport.readAt), endedAt: us(lastReport.finishedAt) }
}

import type { Cluster, Redis } from 'ioredis'
import type { Queues } from '../queue/queues.ts'
import { doubtOf } from '../reconcile/doubts.ts'
import type { Ledger } from '../reconcile/ledger.ts'

/** Delayed jobs that are looked at. They are in the order in which they run again, and not in that of their age. */
const MOST_DELAYED = 1_000

/** Makes a function that says why nothing may be deleted at a registry by what the index says now. */
export function makeDoubtOf({
  ledger,
  queues: { events },
  redis,
}: {
  ledger: Pick<Ledger, 'status'>
  queues: Queues
  redis: Redis | Cluster
}): (registry: string) => Promise<string | undefined> {
  /** When the oldest job was added that is not done, in epoch ms. Reads no data: a job may hold 10 MB. */
  async function oldestAt(): Promise<number | undefined> {
    const [first, delayed] = await Promise.all([
      events.getRanges(['active', 'waiting', 'prioritized'], 0, 0, true),
      events.getRanges(['delayed'], 0, MOST_DELAYED - 1, true),
    ])
    const ids = [...first, ...delayed]
    const times = await Promise.all(ids.map((id) => redis.hget(events.toKey(id), 'timestamp')))
    // A job may be done meanwhile.
    const known = times.flatMap((time) => (time === null ? [] : Number(time)))
    return known.length === 0 ? undefined : Math.min(...known)
  }

  return async (registry) => {
    const status = await ledger.status(registry)
    // The queue of events is shared: whose events are in a job, only the job tells.
    const pending = { oldestAt: await oldestAt(), failed: (await events.getJobCounts('failed')).failed ?? 0 }
    return doubtOf(status, pending, Date.now())
  }
}

import type { Queues } from '../queue/queues.ts'
import { doubtOf } from '../reconcile/doubts.ts'
import type { Ledger } from '../reconcile/ledger.ts'

/** Makes a function that says why nothing may be deleted at a registry by what the index says now. */
export const makeDoubtOf =
  ({ ledger, queues: { events } }: { ledger: Pick<Ledger, 'status'>; queues: Pick<Queues, 'events'> }) =>
  async (registry: string): Promise<string | undefined> => {
    const status = await ledger.status(registry)
    // The queue of events is shared: whose events are in a job, only the job tells.
    const oldest = await events.getJobs(['active', 'waiting', 'prioritized'], 0, 0, true)
    // A job may be done meanwhile.
    const times = oldest.flatMap((job) => job?.timestamp ?? [])
    const oldestAt = times.length === 0 ? undefined : Math.min(...times)
    const { failed = 0, delayed = 0 } = await events.getJobCounts('failed', 'delayed')
    return doubtOf(status, { oldestAt, delayed, failed }, Date.now())
  }

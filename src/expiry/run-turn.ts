import type { Job } from 'bullmq'
import type { ExpiryJob } from '../queue/jobs.ts'
import type { Queues } from '../queue/queues.ts'

/** Whether a job may run now. */
export type RunTurn = (job: Pick<Job<ExpiryJob>, 'id' | 'data'>) => Promise<boolean>

/**
 * Lets one run delete at a registry at a time, in all worker processes together: the first of the registry's active jobs.
 * The list of active jobs is one list in Redis, so all processes see the same order. A killed worker's job is among them
 * until BullMQ puts it back into the queue.
 */
export const makeRunTurn =
  (queues: Pick<Queues, 'expiry'>): RunTurn =>
  async ({ id, data }) => {
    const active = await queues.expiry.getJobs(['active'], 0, -1, true)
    const first = active.find((one) => one?.data.registry === data.registry)
    return first === undefined || first.id === id
  }

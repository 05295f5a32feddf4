import type { QueueName } from './jobs.ts'
import type { Queues } from './queues.ts'

/**
 * A job with its state; `undefined` if there is none. `id` may be any text. BullMQ has keys of its own beside those of the
 * jobs, such as `delayed` and `meta`, and its `getJob` would read these. So the state is asked for first.
 */
export async function findJob(queues: Queues, queue: QueueName, id: string) {
  const state = await queues[queue].getJobState(id)
  if (state === 'unknown') return undefined
  const job = await queues[queue].getJob(id)
  return job && { job, state }
}

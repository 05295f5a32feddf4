import type { Job } from 'bullmq'
import type { Jobs, QueueName } from './jobs.ts'
import type { Queues } from './queues.ts'

/** Bytes of data after which a page of jobs ends. A job of `events` may hold 10 MB. */
const PAGE_BYTES = 2 ** 20

export type ListedState = 'failed' | 'delayed' | 'active'

/**
 * Jobs of a state, from the one at index `from` on: at most `limit`, and fewer if their data is large. Failed jobs are
 * listed newest first, delayed jobs in the order in which they will run, active jobs in that in which they were taken. `next` is the index of the job after the page.
 */
export async function listJobs(
  queues: Queues,
  { queue, state, from, limit }: { queue: QueueName; state: ListedState; from: number; limit: number },
): Promise<{ jobs: Job<Jobs[QueueName], unknown, string>[]; next: number | undefined }> {
  const ids = await queues[queue].getRanges([state], from, from + limit, state !== 'failed')
  const jobs: Job<Jobs[QueueName], unknown, string>[] = []
  let bytes = 0
  for (const [n, id] of ids.entries()) {
    if (n === limit || bytes >= PAGE_BYTES) return { jobs, next: from + n }
    const job = await queues[queue].getJob(id)
    // Somebody has retried or discarded it meanwhile.
    if (job === undefined) continue
    jobs.push(job)
    bytes += JSON.stringify(job.data).length
  }
  return { jobs, next: undefined }
}

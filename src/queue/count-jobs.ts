import type { Queue } from 'bullmq'

/** Counts a queue's jobs by state. BullMQ counts jobs with a priority apart: they wait, too. */
export async function countJobs(queue: Pick<Queue, 'getJobCounts'>) {
  const counts = await queue.getJobCounts('waiting', 'prioritized', 'active', 'delayed', 'failed')
  const { waiting = 0, prioritized = 0, active = 0, delayed = 0, failed = 0 } = counts
  return { waiting: waiting + prioritized, active, delayed, failed }
}

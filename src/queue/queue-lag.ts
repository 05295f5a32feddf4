import type { Queue } from 'bullmq'
import { nextRunOf } from './next-run.ts'

/**
 * For how long the oldest job of a queue has waited that could run now, in ms; 0 if none waits. `now`: epoch ms. Of a job that
 * has run before, the time since that attempt began counts: it may have been put off since.
 */
export async function queueLag(queue: Queue, now: number): Promise<number> {
  const [waiting, prioritized, delayed] = await Promise.all([
    oldest(queue, 'waiting'),
    oldest(queue, 'prioritized'),
    oldest(queue, 'delayed'),
  ])
  const since = [waiting, prioritized].flatMap((job) =>
    // One that was delayed is not late by that: BullMQ forgets its delay once it may run, and keeps its options.
    job === undefined ? [] : [job.processedOn ?? job.timestamp + (job.opts.delay ?? 0)],
  )
  // A worker moves a delayed job once it is due. Without a worker, a schedule stays there. When the others are due is not known exactly.
  const due = delayed?.processedOn === undefined && delayed !== undefined ? [nextRunOf(delayed)] : []
  return Math.max(0, ...[...since, ...due].map((at) => now - at))
}

async function oldest(queue: Queue, state: 'waiting' | 'prioritized' | 'delayed') {
  const [id] = await queue.getRanges([state], 0, 0, true)
  return id === undefined ? undefined : queue.getJob(id)
}

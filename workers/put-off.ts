import { DelayedError, type Job } from 'bullmq'

/** How long a receiver may ask to wait, in all, in ms: a day. */
const LONGEST_MS = 86_400_000

/** Whether a receiver may still ask to wait. After that it has failed, as one that does not answer. */
export const mayPutOff = ({ timestamp }: Pick<Job, 'timestamp'>): boolean =>
  Date.now() - timestamp < LONGEST_MS

/** Puts a job back into the queue. It is no failed attempt. */
export async function putOff(job: Job, ms: number): Promise<never> {
  await job.moveToDelayed(Date.now() + ms, job.token)
  throw new DelayedError()
}

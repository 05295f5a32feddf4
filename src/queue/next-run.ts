import type { Job } from 'bullmq'

/**
 * The earliest time at which a delayed job runs, epoch ms. The delay counts from when the job was added or, after a failed
 * attempt, from the end of that attempt, which BullMQ does not keep: its beginning stands for it.
 */
export const nextRunOf = ({
  timestamp,
  processedOn,
  delay,
}: Pick<Job, 'timestamp' | 'processedOn' | 'delay'>): number => (processedOn ?? timestamp) + delay

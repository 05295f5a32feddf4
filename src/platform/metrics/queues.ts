import { BUCKETS, type Makers } from './makers.ts'

/** The queues and their jobs. */
export const queueMetrics = ({ counter, histogram, shared }: Makers) => ({
  backlogBytes: shared(
    'backlog_bytes',
    [],
    'Memory in Redis of the jobs that are not done, estimated; those of alerts and outgoing aside.',
  ),
  backlogLimitBytes: shared(
    'backlog_limit_bytes',
    [],
    'The backlog beyond which deliveries are refused: intake.maxBacklog.',
  ),
  jobs: shared('jobs', ['queue', 'state'], 'Jobs in a queue, by state. Failed ones failed for good.'),
  queueLag: shared(
    'queue_lag_seconds',
    ['queue'],
    'For how long the oldest job of a queue has waited that could run now; 0 if none waits.',
  ),
  jobSeconds: histogram(
    'job_duration_seconds',
    ['queue'],
    'Time that attempts of jobs take, whatever their outcome.',
    BUCKETS.long,
  ),
  jobAttempts: counter(
    'job_attempts_total',
    ['queue', 'outcome'],
    'Attempts of jobs, by outcome: completed, postponed (it goes on later), failed (it is tried again) or given_up.',
  ),
})

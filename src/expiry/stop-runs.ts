import { ErrorCode, type Job } from 'bullmq'
import type { ExpiryJob } from '../queue/jobs.ts'
import type { Queues } from '../queue/queues.ts'
import { runOf } from './run-id.ts'

/** How many jobs of each state are looked at. There are as many as policies, and those that people asked for. */
const MOST = 1_000

const UNFINISHED = ['active', 'waiting', 'prioritized', 'delayed'] as const

/** A run that has not ended. */
export interface UnfinishedRun {
  run: string
  policy: string
  registry: string
}

/**
 * Stops the runs that are in hand or wait, of a policy or a registry or of all. The job of each says so, so that every
 * process heeds it, also after a restart. A run in hand ends before its next delete; one that waits ends as soon as it
 * begins. What the schedule asks for later is not stopped. `now` is epoch ms.
 */
export async function stopRuns(
  queues: Pick<Queues, 'expiry'>,
  scope: {
    /** The id of one run. */
    run?: string | undefined
    policy?: string | undefined
    registry?: string | undefined
    /** Whether a run may be stopped, by the projects to which it is limited. */
    covers: (projects: readonly string[] | undefined) => boolean
  },
  by: string,
  now: number,
): Promise<UnfinishedRun[]> {
  const stopped: UnfinishedRun[] = []
  for (const job of await unfinishedJobs(queues)) {
    const { policy, registry, projects } = job.data
    const isMeant =
      (scope.run ?? runOf(job).id) === runOf(job).id &&
      (scope.policy ?? policy) === policy &&
      (scope.registry ?? registry) === registry &&
      scope.covers(projects) &&
      isDue(job, now)
    if (!isMeant || job.data.stopped !== undefined) continue
    const stop = { by, at: new Date(now).toISOString() }
    const isThere = await wasThere(job.updateData({ ...job.data, stopped: stop }))
    if (isThere) stopped.push({ run: runOf(job).id, policy, registry })
  }
  return stopped
}

/** The job of a run that has not ended, and the run's state. */
export async function findUnfinished(queues: Pick<Queues, 'expiry'>, run: string) {
  const job = (await unfinishedJobs(queues)).find((one) => runOf(one).id === run)
  return job && { job, isActive: (await job.getState()) === 'active' }
}

async function unfinishedJobs(queues: Pick<Queues, 'expiry'>): Promise<Job<ExpiryJob, unknown, string>[]> {
  const jobs = await queues.expiry.getJobs([...UNFINISHED], 0, MOST - 1)
  // A job may be done meanwhile.
  return jobs.filter((job) => job !== undefined)
}

/** Whether the time of a job has come. That of a schedule waits for it, delayed. */
const isDue = ({ timestamp, opts }: Job, now: number): boolean => timestamp + (opts.delay ?? 0) <= now

const wasThere = (updated: Promise<void>): Promise<boolean> =>
  updated.then(
    () => true,
    (error) => {
      if (error.code === ErrorCode.JobNotExist) return false
      throw error
    },
  )

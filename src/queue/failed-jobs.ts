import { ErrorCode } from 'bullmq'
import { findJob } from './find-job.ts'
import type { Delivery, QueueName } from './jobs.ts'
import type { Queues } from './queues.ts'

/** The number of jobs read at a time. A job of `events` may hold 10 MB. */
const PAGE = 10

/** Retries and discards jobs that have failed for good. */
export function makeFailedJobs({
  queues,
  onLose,
}: {
  queues: Queues
  /** Called before events that were acknowledged are discarded. */
  onLose: (deliveries: readonly Delivery[]) => Promise<unknown>
}) {
  async function read(queue: QueueName, ids: readonly string[]) {
    const jobs = ids.map(async (id) => {
      const found = await findJob(queues, queue, id)
      return found?.state === 'failed' ? found.job : undefined
    })
    return (await Promise.all(jobs)).filter((job) => job !== undefined)
  }

  /** Each job gets all of its attempts again. Gives the number of jobs retried. */
  async function retry(queue: QueueName, ids: readonly string[]): Promise<number> {
    const retried = (await read(queue, ids)).map((job) =>
      wasThere(job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true })),
    )
    return (await Promise.all(retried)).filter(Boolean).length
  }

  /** Gives the number of jobs discarded. */
  async function discard(queue: QueueName, ids: readonly string[]): Promise<number> {
    const jobs = await read(queue, ids)
    await onLose(jobs.flatMap(({ data }) => ('deliveries' in data ? data.deliveries : [])))
    await Promise.all(jobs.map((job) => job.remove()))
    return jobs.length
  }

  /** Acts on the jobs that had failed when it began, oldest first. A job that fails again meanwhile is left. */
  async function all(queue: QueueName, act: typeof retry | typeof discard): Promise<number> {
    const ids = await queues[queue].getRanges(['failed'], 0, -1, true)
    let done = 0
    for (let i = 0; i < ids.length; i += PAGE) done += await act(queue, ids.slice(i, i + PAGE))
    return done
  }

  return {
    retry,
    discard,
    /** Gives the number of jobs retried. */
    retryAll: (queue: QueueName) => all(queue, retry),
    /** Gives the number of jobs discarded. */
    discardAll: (queue: QueueName) => all(queue, discard),
  }
}
export type FailedJobs = ReturnType<typeof makeFailedJobs>

/** Gives false if the job was gone or no longer failed: somebody else may have retried it. */
const wasThere = (retried: Promise<void>): Promise<boolean> =>
  retried.then(
    () => true,
    (error) => {
      if (error.code === ErrorCode.JobNotExist || error.code === ErrorCode.JobNotInState) return false
      throw error
    },
  )

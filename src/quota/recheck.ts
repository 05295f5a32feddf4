import { jobId } from '../queue/job-id.ts'
import type { Queues } from '../queue/queues.ts'
import type { Quota } from './evaluate.ts'

/** Jobs that are added in one call. */
const BATCH = 500

/** Queues a check of each project's flag. Of each project, at most one job runs and one waits. */
export async function recheck(queues: Queues, projects: Iterable<string>): Promise<void> {
  const jobs = [...projects].map((project) => ({
    name: 'quota' as const,
    data: { project },
    opts: { deduplication: { id: jobId('quota', project), keepLastIfActive: true } },
  }))
  for (let i = 0; i < jobs.length; i += BATCH) await queues.quota.addBulk(jobs.slice(i, i + BATCH))
}

/** Like `recheck`, for projects with a quota only. `recheckChanged` checks those that lost theirs. */
export const makeRecheckQuotas =
  ({ queues, quotaOf }: { queues: Queues; quotaOf: (project: string) => Quota | undefined }) =>
  (projects: Iterable<string>): Promise<void> =>
    recheck(
      queues,
      [...projects].filter((project) => quotaOf(project) !== undefined),
    )

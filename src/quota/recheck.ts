import { jobId } from '../queue/job-id.ts'
import type { Queues } from '../queue/queues.ts'
import type { Quota } from './evaluate.ts'

/** Asks for projects' flags to be brought up to date: for each, at most one job runs and one waits. */
export async function recheck(queues: Queues, projects: Iterable<string>): Promise<void> {
  const jobs = [...projects].map((project) => ({
    name: 'quota' as const,
    data: { project },
    opts: { deduplication: { id: jobId('quota', project), keepLastIfActive: true } },
  }))
  if (jobs.length > 0) await queues.quota.addBulk(jobs)
}

/** The same for those that have a quota: whose quota is taken away loses its flag when workers start. */
export const makeRecheckQuotas =
  ({ queues, quotaOf }: { queues: Queues; quotaOf: (project: string) => Quota | undefined }) =>
  (projects: Iterable<string>): Promise<void> =>
    recheck(
      queues,
      [...projects].filter((project) => quotaOf(project) !== undefined),
    )

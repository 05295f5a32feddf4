import type { PromotionAlert } from '../queue/alert.ts'
import { jobId } from '../queue/job-id.ts'
import type { PromotionJob } from '../queue/jobs.ts'
import { splitProjectId } from '../usage/project.ts'

/** What alerts about a promotion are made of. */
interface Told {
  /** The promotion's. */
  id: string
  at: Date
  job: PromotionJob
  why: string
}

/** Tells that a promotion did not arrive. A promotion that is retried by hand and fails again on the same day is told once. */
export const failedAlert = (told: Told): PromotionAlert => ({
  ...alertOf('promotion.failed', told),
  text: `${withDigest(told.job)} was not promoted to ${targetOf(told.job)}: ${told.why}`,
})

/** Tells that a promotion waits for people. */
export const approvalAlert = (told: Told): PromotionAlert => ({
  ...alertOf('promotion.approval', told),
  text:
    `${withDigest(told.job)} waits for approval before it is promoted to ${targetOf(told.job)}: ${told.why}. ` +
    `To approve: tallyman promotion approve ${told.id} --by NAME`,
})

function alertOf(event: PromotionAlert['event'], { id, at, job }: Told): Omit<PromotionAlert, 'text'> {
  const { registry, path } = splitProjectId(job.project)
  return {
    id: jobId(event, id, at.toISOString().slice(0, 'YYYY-MM-DD'.length)),
    ...{ at: at.toISOString(), project: path, registry, event, promotion: id },
    ...(job.rule !== undefined && { rule: job.rule }),
    image: imageOf(job).slice(registry.length + 1),
    target: targetOf(job),
  }
}

/** `registry/repository:tag` */
export const targetOf = ({ to }: Pick<PromotionJob, 'to'>): string =>
  `${to.registry}/${to.repository}:${to.tag}`

/** `registry/repository:tag`, or by its digest if it was asked for by that. */
export const imageOf = ({
  registry,
  repository,
  tag,
  digest,
}: Pick<PromotionJob, 'registry' | 'repository' | 'tag' | 'digest'>): string =>
  `${registry}/${repository}${tag === undefined ? `@${digest}` : `:${tag}`}`

/** `registry/repository:tag@digest`: the tag may name another image when somebody reads of it. */
const withDigest = (job: PromotionJob): string =>
  job.tag === undefined ? imageOf(job) : `${imageOf(job)}@${job.digest}`

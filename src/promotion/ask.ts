import { jobId } from '../queue/job-id.ts'
import type { PromotionJob } from '../queue/jobs.ts'
import type { Queues } from '../queue/queues.ts'

/** Who asks when a rule matches a push. */
export const BY_PUSH = 'push'

/** The order in which promotions of images that were there before are taken: after all others. */
const LATER = 10

/** What a rule says to promote. */
export type RuleJob = PromotionJob & { rule: string; tag: string }

/** The id of a promotion by a rule. It says what is to be promoted and where to. */
export const idByRule = ({ rule, registry, repository, tag, digest, pushedAt, to }: RuleJob): string =>
  jobId('promotion', rule, registry, repository, tag, digest, pushedAt, ...Object.values(to))

/**
 * Asks for a promotion that a push, or a rule, is about. The same has the same id, so it is done once, however often it is asked
 * for: a registry may send an event twice. `later`: after all that was pushed.
 */
export async function askByRule(
  queues: Pick<Queues, 'promotion'>,
  job: RuleJob,
  { later = false } = {},
): Promise<string> {
  const id = idByRule(job)
  await queues.promotion.add('promotion', job, { jobId: id, ...(later && { priority: LATER }) })
  return id
}

/**
 * Asks for a promotion that somebody wants now, also if the same was promoted before. While such a one is in hand or waits, that is
 * the promotion. Returns its id.
 */
export async function askByRequest(queues: Pick<Queues, 'promotion'>, job: PromotionJob): Promise<string> {
  const deduplication = { id: requestKey(job) }
  const id = jobId('request', deduplication.id, crypto.randomUUID())
  const added = await queues.promotion.add('promotion', job, { jobId: id, deduplication })
  return added.id ?? id
}

/** Whether somebody asked for the same promotion, and it is in hand or waits. */
export const isRequested = async (queues: Pick<Queues, 'promotion'>, job: PromotionJob): Promise<boolean> =>
  (await queues.promotion.getDeduplicationJobId(requestKey(job))) !== null

/** The same for the same request. */
function requestKey({ rule, registry, repository, tag, digest, to, overwrite }: PromotionJob): string {
  const same = [rule ?? '', registry, repository, tag ?? '', digest, ...Object.values(to), overwrite ?? '']
  return jobId('request', ...same)
}

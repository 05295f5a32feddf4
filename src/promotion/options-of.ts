import type { PromotionJob } from '../queue/jobs.ts'
import type { FindMatches } from './match.ts'
import { type CopyOptions, type PromotionRule, UNRULED } from './rule.ts'

/** The rule of a job as configured now; `undefined` if it is gone, or leads elsewhere by now. */
export function ruleOf(
  match: FindMatches,
  job: Pick<PromotionJob, 'rule' | 'registry' | 'repository' | 'tag' | 'to'>,
): PromotionRule | undefined {
  const { tag, to } = job
  if (tag === undefined) return undefined
  const found = match({ ...job, tag }).find(({ rule }) => rule.name === job.rule)
  const isSame =
    found?.to.registry === to.registry && found.to.repository === to.repository && found.to.tag === to.tag
  return isSame ? found.rule : undefined
}

/** How a job is carried out. A person may ask for another `overwrite` than the rule has, and without a rule. */
export const makeOptionsOf =
  (match: FindMatches) =>
  (job: PromotionJob): CopyOptions | undefined => {
    const options = job.rule === undefined ? UNRULED : ruleOf(match, job)
    return options && { ...options, overwrite: job.overwrite ?? options.overwrite }
  }

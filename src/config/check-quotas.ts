import { mayMeet } from '../quota/specificity.ts'
import type { Report } from './config-error.ts'
import type { Config } from './schema.ts'

/** Reports quotas of what Tallyman cannot measure. */
export function checkQuotas({ quotas, registries }: Config, report: Report): void {
  for (const [i, quota] of quotas.entries()) {
    if (quota.willExceedWithin !== undefined && (quota.measure === 'tagged' || quota.measure === 'stored'))
      report(
        ['quotas', String(i), 'willExceedWithin'],
        `the history has no ${quota.measure} bytes, so there is no forecast of them: leave it out, or use another measure`,
      )
    if (quota.willExceedWithin !== undefined && quota.limit === undefined)
      report(
        ['quotas', String(i), 'willExceedWithin'],
        'a forecast is about bytes, so it does nothing without a limit: add limit, or leave it out',
      )
    if (
      'registry' in quota &&
      quota.measure === 'stored' &&
      registries[quota.registry]?.storage === undefined
    )
      report(
        ['quotas', String(i), 'measure'],
        `registries.${quota.registry} has no storage, so what it stores is not known: expected unique`,
      )
  }
}

/** Warns of quotas whose `escalate.evict` does nothing: no policy evicts in their projects, or it has no limit to evict to. */
export const warningsAboutEscalation = ({ quotas, expiry }: Pick<Config, 'quotas' | 'expiry'>): string[] =>
  quotas.flatMap((quota) => {
    if (!('project' in quota) || !quota.escalate?.evict) return []
    const { project } = quota
    const head = `quotas: escalate.evict of ${project} does nothing:`
    if (quota.limit === undefined)
      return [`${head} it has no limit of bytes, and nothing is evicted without one`]
    const evicts = expiry.policies.some(
      (policy) =>
        'rules' in policy &&
        policy.evict !== undefined &&
        policy.mode === 'apply' &&
        [policy.match.project, `${policy.match.registry}/**`].every((glob) => mayBeSame(glob, project)),
    )
    return evicts ? [] : [`${head} no expiry policy with evict and mode: apply is about its projects`]
  })

/** A slash inside braces is taken as possible. */
const mayBeSame = (a: string, b: string): boolean =>
  [a, b].some((glob) => /\{[^}]*\//.test(glob)) || mayMeet(a, b)

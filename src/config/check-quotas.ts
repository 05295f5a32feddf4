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

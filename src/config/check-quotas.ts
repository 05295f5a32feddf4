import type { Report } from './config-error.ts'
import type { Config } from './schema.ts'

/** Reports quotas of what Tallyman cannot measure. */
export function checkQuotas({ quotas, registries }: Config, report: Report): void {
  for (const [i, quota] of quotas.entries())
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

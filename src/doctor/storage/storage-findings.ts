import type { Found } from '../finding.ts'
import type { StorageFacts, StorageRule } from './facts.ts'
import { KEPT_RULES } from './kept-rules.ts'
import { LIFECYCLE_RULES } from './lifecycle-rules.ts'
import { LOGIN_RULES } from './login-rules.ts'
import { PLACE_RULES } from './place-rules.ts'
import { REGISTRY_RULES } from './registry-rules.ts'
import { REPLICATION_RULES } from './replication-rules.ts'
import { TRASH_RULES } from './trash-rules.ts'
import { UNKNOWN_RULES } from './unknown-rules.ts'

/** All rules, in the order of findings of the same level. */
export const STORAGE_RULES: readonly StorageRule[] = [
  ...PLACE_RULES,
  ...LIFECYCLE_RULES,
  ...TRASH_RULES,
  ...KEPT_RULES,
  ...REPLICATION_RULES,
  ...LOGIN_RULES,
  ...REGISTRY_RULES,
  ...UNKNOWN_RULES,
]

const ORDER: readonly Found['level'][] = ['error', 'warning', 'note']

/** What there is to say about the storage of a registry, the worst first. */
export function storageFindings(facts: StorageFacts): Found[] {
  const found = STORAGE_RULES.flatMap(({ rule, judge }) =>
    judge(facts).map((judged): Found => ({ ...judged, rule })),
  )
  if (found.length === 0)
    return [{ level: 'ok', what: `${facts.place}: nothing that bites was found`, rule: 'all' }]
  return found.toSorted((a, b) => ORDER.indexOf(a.level) - ORDER.indexOf(b.level))
}

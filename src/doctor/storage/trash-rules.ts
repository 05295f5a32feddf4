import { formatDuration } from '../../platform/units.ts'
import { TRASH } from '../../storage/layout.ts'
import type { LifecycleRule } from '../../storage/settings/storage-settings.ts'
import { type Judged, type StorageFacts, type StorageRule, toldValue, touches } from './facts.ts'
import { afterDays, UNREADABLE } from './lifecycle-rules.ts'

const DAY_MS = 86_400_000

/** Whether a rule is about the trash, and not about what the registry has: that is said by the other rules. */
function isOfTrash(facts: StorageFacts, { prefixes }: LifecycleRule): boolean {
  const trash = facts.root + TRASH
  return (
    prefixes.some((prefix) => prefix.startsWith(trash) || trash.startsWith(prefix)) &&
    !touches(facts, prefixes)
  )
}

/** What the store does with the blobs that a collection of ours keeps for some time. */
export const TRASH_RULES: readonly StorageRule[] = [
  {
    rule: 'lifecycle-trash',
    judge(facts) {
      const { trashMs, registry, root } = facts
      if (trashMs === undefined) return []
      const why = `an image that turns out to need a blob gets it back from ${root}${TRASH}, until gc.trash has passed`
      const keep = `registries.${registry}.gc.trash is ${formatDuration(trashMs)}, and deletes there by itself`
      return (toldValue(facts.settings.lifecycle) ?? [])
        .filter((rule) => isOfTrash(facts, rule))
        .flatMap((rule): Judged[] => {
          const sure = rule.onlyWith === undefined ? 'certain' : 'likely'
          if (rule.does === 'delete' && (rule.days ?? 0) * DAY_MS < trashMs)
            return [
              {
                ...{ level: 'error', sure, why },
                what: `the lifecycle rule ${rule.name} deletes what collections took away ${afterDays(rule)}`,
                fix: `remove the rule: ${keep}`,
              },
            ]
          if (rule.does === 'move' && UNREADABLE.test(rule.storageClass ?? ''))
            return [
              {
                ...{ level: 'error', sure, why },
                what: `the lifecycle rule ${rule.name} moves what collections took away to ${rule.storageClass} ${afterDays(rule)}, from where nothing is put back at once`,
                fix: `remove the rule: ${keep}`,
              },
            ]
          return []
        })
    },
  },
]

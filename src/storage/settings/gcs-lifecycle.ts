import type { BucketMetadata } from '@google-cloud/storage'
import type { LifecycleRule } from './storage-settings.ts'

type GcsRule = NonNullable<NonNullable<BucketMetadata['lifecycle']>['rule']>[number]

/** The rules of a bucket of Google's (docs.cloud.google.com/storage/docs/lifecycle). They have no names. */
export const lifecycleOfGcs = (rules: readonly GcsRule[]): LifecycleRule[] => rules.flatMap(ruleOf)

function ruleOf({ action, condition }: GcsRule, index: number): LifecycleRule[] {
  const { age, matchesPrefix, matchesSuffix, daysSinceNoncurrentTime, numNewerVersions } = condition
  const isOld =
    condition.isLive === false ||
    numNewerVersions !== undefined ||
    daysSinceNoncurrentTime !== undefined ||
    condition.noncurrentTimeBefore !== undefined
  const conditions = [
    ...(matchesSuffix?.length ? [`a name that ends in ${matchesSuffix.join(' or ')}`] : []),
    ...(condition.daysSinceCustomTime !== undefined || condition.customTimeBefore !== undefined
      ? ['a custom time']
      : []),
  ]
  const about = {
    name: `the rule ${index + 1}`,
    prefixes: matchesPrefix?.length ? matchesPrefix : [''],
    ...(conditions.length > 0 && { onlyWith: conditions.join(' and ') }),
  }
  const after = age === undefined ? {} : { days: age }
  switch (action.type) {
    case 'AbortIncompleteMultipartUpload':
      return [{ ...about, does: 'abort-uploads', ...after }]
    case 'SetStorageClass':
      return isOld
        ? []
        : [
            {
              ...about,
              does: 'move',
              ...after,
              ...(action.storageClass && { storageClass: action.storageClass }),
            },
          ]
    case 'Delete': {
      if (!isOld) return [{ ...about, does: 'delete', ...after }]
      const days = daysSinceNoncurrentTime ?? age
      return [
        {
          ...{ ...about, does: 'delete-versions' as const },
          ...(days !== undefined && { days }),
          // With 1, each version goes that has one newer than itself. Of what was deleted, the last one has none.
          ...(numNewerVersions !== undefined && { keepsNewest: numNewerVersions }),
        },
      ]
    }
    default:
      return []
  }
}

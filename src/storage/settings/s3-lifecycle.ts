import type { LifecycleRule as S3Rule } from '@aws-sdk/client-s3'
import type { LifecycleRule } from './storage-settings.ts'

/** The enabled rules of a bucket of S3, each action as one rule. */
export const lifecycleOfS3 = (rules: readonly S3Rule[]): LifecycleRule[] =>
  rules.filter(({ Status }) => Status === 'Enabled').flatMap(actionsOf)

function actionsOf(rule: S3Rule): LifecycleRule[] {
  const { ID, Prefix, Filter, Expiration, Transitions = [], AbortIncompleteMultipartUpload } = rule
  const { NoncurrentVersionExpiration: versions } = rule
  const tags = [...(Filter?.Tag ? [Filter.Tag] : []), ...(Filter?.And?.Tags ?? [])]
  const onlyWith = tags.map(({ Key, Value }) => `the tag ${Key}=${Value}`).join(' and ')
  const about = {
    name: ID ?? '(without a name)',
    prefixes: [Filter?.Prefix ?? Filter?.And?.Prefix ?? Prefix ?? ''],
    ...(onlyWith !== '' && { onlyWith }),
  }
  const after = (days: number | undefined) => (days === undefined ? {} : { days })
  // A rule that only removes the marks of deletes has neither days nor a date.
  const isDeleting = Expiration?.Days !== undefined || Expiration?.Date !== undefined
  return [
    ...(isDeleting ? [{ ...about, does: 'delete' as const, ...after(Expiration.Days) }] : []),
    ...(versions
      ? [
          {
            ...{ ...about, does: 'delete-versions' as const, ...after(versions.NoncurrentDays) },
            ...(versions.NewerNoncurrentVersions && { keepsNewest: versions.NewerNoncurrentVersions }),
          },
        ]
      : []),
    ...(AbortIncompleteMultipartUpload
      ? [
          {
            ...{ ...about, does: 'abort-uploads' as const },
            ...after(AbortIncompleteMultipartUpload.DaysAfterInitiation),
          },
        ]
      : []),
    ...Transitions.map(({ Days, StorageClass }) => ({
      ...{ ...about, does: 'move' as const, ...after(Days) },
      ...(StorageClass !== undefined && { storageClass: String(StorageClass) }),
    })),
  ]
}

import type { StorageSettings } from '../../storage/settings/storage-settings.ts'
import type { Judged, StorageFacts, StorageRule } from './facts.ts'

type Setting = 'lifecycle' | 'versioning' | 'retention' | 'softDelete' | 'replication'

const WORDS: Record<Setting, string> = {
  lifecycle: 'which lifecycle rules there are',
  versioning: 'whether old versions are kept',
  retention: 'whether objects are locked or retained',
  softDelete: 'for how long deleted objects are kept',
  replication: 'whether it is replicated',
}

/** What a login needs to be told, by the type of the storage. */
const RIGHTS: Partial<Record<StorageFacts['type'], Partial<Record<Setting, string>>>> = {
  s3: {
    lifecycle: 'allow s3:GetLifecycleConfiguration, or look: aws s3api get-bucket-lifecycle-configuration',
    versioning: 'allow s3:GetBucketVersioning, or look: aws s3api get-bucket-versioning',
    retention: 'allow s3:GetBucketObjectLockConfiguration, or look: aws s3api get-object-lock-configuration',
    replication: 'allow s3:GetReplicationConfiguration, or look: aws s3api get-bucket-replication',
  },
  oss: {
    lifecycle: 'look: ossutil lifecycle --method get',
    versioning: 'look: ossutil bucket-versioning --method get',
  },
  azure: {
    lifecycle: 'look: az storage account management-policy show',
    versioning: 'look: az storage account blob-service-properties show',
    softDelete: 'use a key of the account, or look: az storage account blob-service-properties show',
  },
  gcs: Object.fromEntries(
    Object.keys(WORDS).map((setting) => [
      setting,
      'allow storage.buckets.get (roles/storage.legacyBucketReader), or look: gcloud storage buckets describe',
    ]),
  ),
}

/** What could not be found out. It is never taken for nothing. */
export const UNKNOWN_RULES: readonly StorageRule[] = [
  {
    rule: 'not-told',
    judge: ({ settings, type }) =>
      (Object.keys(WORDS) as Setting[]).flatMap((setting): Judged[] => {
        const told: StorageSettings[Setting] = settings[setting]
        if (told === undefined || !('unknown' in told)) return []
        // Of a store that does not answer, nothing is known, and that is said once.
        if (settings.may.list !== undefined && 'unknown' in settings.may.list) return []
        return [
          {
            ...{ level: 'note', sure: 'not known' },
            what: `${WORDS[setting]} is not known: ${told.unknown}`,
            why: 'it may delete what images need, or keep what was deleted',
            fix: RIGHTS[type]?.[setting] ?? 'ask who runs the store',
          },
        ]
      }),
  },
  {
    rule: 'not-compared',
    judge: ({ served, isThere }) =>
      isThere && 'unknown' in served
        ? [
            {
              ...{ level: 'note', sure: 'not known' },
              what: `whether this is the storage of this registry is not known: ${served.unknown}`,
              fix: 'let Tallyman read the registry: tallyman doctor says what is wrong',
            },
          ]
        : [],
  },
]

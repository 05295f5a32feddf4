import { ApiError, type BucketMetadata, type FileMetadata } from '@google-cloud/storage'
import { type GcsStorageOptions, makeGcsBucket } from '../gcs-bucket.ts'
import { findRoots } from './find-roots.ts'
import { lifecycleOfGcs } from './gcs-lifecycle.ts'
import { type Retention, type StorageInspector, type Told, told } from './storage-settings.ts'

const DAY_S = 86_400
const RIGHTS = {
  list: 'storage.objects.list',
  read: 'storage.objects.get',
  write: 'storage.objects.create',
  delete: 'storage.objects.delete',
} as const

/** Asks a bucket of Google Cloud Storage. Which rights the login has, the API tells without a trial (testPermissions). */
export function makeGcsInspector(options: GcsStorageOptions): StorageInspector {
  const { bucket, folder: root } = makeGcsBucket(options)

  async function folders(path: string): Promise<string[]> {
    // Not `getFiles`: it ends the process if the answer has no body.
    const [page]: unknown[] = await bucket.request({ uri: '/o', qs: { prefix: path, delimiter: '/' } })
    const { prefixes = [] } = Object(page) as { prefixes?: string[] }
    return prefixes.map((prefix) => prefix.slice(path.length))
  }

  return {
    root,
    async settings() {
      let clock: { theirs: number; ours: number } | undefined
      const [metadata, rights] = await Promise.all([
        told(async () => {
          const [found, response] = await bucket.getMetadata()
          clock = clockIn(response)
          return found
        }),
        told(async () => (await bucket.iam.testPermissions(Object.values(RIGHTS)))[0]),
      ])
      const of = <T>(read: (found: BucketMetadata) => T): Told<T> =>
        'value' in metadata ? { value: read(metadata.value) } : metadata
      const may = (right: keyof typeof RIGHTS): Told<boolean> =>
        'value' in rights ? { value: rights.value[RIGHTS[right]] === true } : rights
      return {
        lifecycle: of(({ lifecycle }) => lifecycleOfGcs(lifecycle?.rule ?? [])),
        versioning: of(({ versioning }) => (versioning?.enabled ? 'on' : 'off')),
        retention: of(retentionOf),
        softDelete: of(({ softDeletePolicy }) =>
          Math.ceil(Number(softDeletePolicy?.retentionDurationSeconds ?? 0) / DAY_S),
        ),
        ...(clock !== undefined && { clock: { value: clock } }),
        may: { list: may('list'), read: may('read'), write: may('write'), delete: may('delete') },
      }
    },
    async look(key) {
      const found = await bucket
        .file(root + key)
        .getMetadata()
        .catch((error: unknown) => {
          if (error instanceof ApiError && error.code === 404) return undefined
          throw error
        })
      if (found === undefined) return undefined
      const [{ timeCreated }] = found
      const held = heldBy(found[0])
      return { key, modifiedAt: new Date(timeCreated ?? 0), ...(held !== undefined && { held }) }
    },
    elsewhere: async () =>
      (await findRoots(folders)).map((found) => `rootDirectory: '${found.replace(/\/$/, '')}'`),
  }
}

function retentionOf({
  retentionPolicy,
  defaultEventBasedHold,
  objectRetention,
}: BucketMetadata): Retention[] {
  const seconds = Number(retentionPolicy?.retentionPeriod ?? 0)
  const days = Math.ceil(seconds / DAY_S)
  const lock = retentionPolicy?.isLocked ? ', which is locked for ever' : ''
  return [
    ...(seconds > 0
      ? [{ how: `a retention policy of ${days} days${lock}`, days, stops: 'deletes' as const }]
      : []),
    ...(defaultEventBasedHold
      ? [{ how: 'an event-based hold on each new object', stops: 'deletes' as const }]
      : []),
    ...(objectRetention?.mode === 'Enabled'
      ? [{ how: 'object retention, which single objects may have', stops: 'single' as const }]
      : []),
  ]
}

function heldBy(found: FileMetadata): string | undefined {
  if (found.temporaryHold) return 'a temporary hold'
  if (found.eventBasedHold) return 'an event-based hold'
  const until = found.retentionExpirationTime
  return until && Date.parse(until) > Date.now() ? `a retention until ${until.slice(0, 10)}` : undefined
}

/** The headers are those of fetch, or a plain object, by the version of the SDK. */
function clockIn(response: unknown): { theirs: number; ours: number } | undefined {
  const { headers } = Object(response) as { headers?: unknown }
  const date = headers instanceof Headers ? headers.get('date') : Object(headers).date
  const theirs = Date.parse(String(date))
  return Number.isNaN(theirs) ? undefined : { theirs, ours: Date.now() }
}

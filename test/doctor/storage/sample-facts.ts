import type { StorageFacts } from '../../../src/doctor/storage/facts.ts'
import { storageFindings } from '../../../src/doctor/storage/storage-findings.ts'
import type { StorageSettings } from '../../../src/storage/settings/storage-settings.ts'

const NOW = Date.parse('2026-11-27T12:00:00Z')
const yes = { value: true }

/** A bucket of S3 in which nothing is wrong. */
export const HEALTHY: StorageSettings = {
  lifecycle: { value: [{ name: 'abort', prefixes: [''], does: 'abort-uploads', days: 8 }] },
  versioning: { value: 'off' },
  retention: { value: [] },
  replication: { value: [] },
  clock: { value: { theirs: NOW, ours: NOW } },
  may: { list: yes, read: yes, write: yes, delete: yes },
}

const FACTS: StorageFacts = {
  ...{
    registry: 'ci',
    type: 's3',
    place: 'the bucket images/reg',
    root: 'reg/',
    isThere: true,
    elsewhere: [],
  },
  settings: HEALTHY,
  looks: [{ key: 'docker/registry/v2/blobs/sha256/ab/abcd/data', modifiedAt: new Date(NOW - 1_000) }],
  served: {
    value: { image: 'team/app:v1', digest: `sha256:${'ab'.repeat(32)}`, isStored: true, isListed: true },
  },
  surveyed: {
    at: '2026-11-27T11:00:00.000Z',
    versions: { objects: 0, bytes: 0 },
    multipart: { objects: 0, bytes: 0 },
    oldUploads: { uploads: 0, bytes: 0 },
  },
  refusesDeletes: { value: false },
  cacheRequests: { value: 0 },
  now: NOW,
}

/** Settings; `undefined` for one that the driver does not have. */
export type SomeSettings = { [K in keyof StorageSettings]?: StorageSettings[K] | undefined }

/** A healthy storage, but for this. */
export const factsWith = (facts: Partial<StorageFacts> = {}, settings: SomeSettings = {}): StorageFacts => ({
  ...{ ...FACTS, ...facts },
  settings: Object.fromEntries(
    Object.entries({ ...FACTS.settings, ...settings }).filter(([, told]) => told !== undefined),
  ) as unknown as StorageSettings,
})

/** What the rules find, in short: `level rule sure`. */
export const found = (facts: StorageFacts) =>
  storageFindings(facts).map(
    ({ level, rule, sure }) => `${level} ${rule}${sure === undefined ? '' : ` (${sure})`}`,
  )

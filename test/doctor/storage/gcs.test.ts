import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { startGcs } from '../../../lab/gcs.ts'
import { makeGcsStorage } from '../../../src/storage/gcs-storage.ts'
import { makeGcsInspector } from '../../../src/storage/settings/gcs-inspector.ts'
import { BLOB, examine, fill } from './storage-bed.ts'

let gcs: Awaited<ReturnType<typeof startGcs>>
beforeAll(async () => {
  gcs = await startGcs('images')
  await fill(async (key, bytes) => gcs.put(`reg/${key}`, bytes))
})
afterAll(() => gcs?.close())
beforeEach(() => {
  gcs.settings.bucket = {}
  gcs.settings.rights = null
})

const examined = (rootDirectory = '/reg') => {
  const options = { bucket: 'images', rootDirectory, endpoint: gcs.endpoint }
  return examine('gcs', makeGcsStorage(options), makeGcsInspector(options))
}

it('finds nothing in a healthy bucket, and only reads', async () => {
  const before = gcs.requests.length
  expect((await examined()).short).toEqual([])
  for (const request of gcs.requests.slice(before)) expect(request).toMatch(/^GET /)
})

it.each<[string, object, string[], RegExp?]>([
  [
    'a rule that deletes',
    { lifecycle: { rule: [{ action: { type: 'Delete' }, condition: { age: 30 } }] } },
    ['error lifecycle-deletes (certain)'],
    /the rule 1 deletes objects after 30 days/,
  ],
  [
    'a rule that deletes what ends so',
    { lifecycle: { rule: [{ action: { type: 'Delete' }, condition: { age: 1, matchesSuffix: ['.log'] } }] } },
    ['warning lifecycle-deletes (likely)'],
  ],
  [
    'a rule for another prefix',
    {
      lifecycle: { rule: [{ action: { type: 'Delete' }, condition: { age: 1, matchesPrefix: ['logs/'] } }] },
    },
    [],
  ],
  [
    'a rule that moves',
    {
      lifecycle: {
        rule: [{ action: { type: 'SetStorageClass', storageClass: 'COLDLINE' }, condition: { age: 9 } }],
      },
    },
    ['note lifecycle-archives (certain)'],
  ],
  ['versions', { versioning: { enabled: true } }, ['warning versioning (certain)']],
  [
    'versions with a rule',
    {
      versioning: { enabled: true },
      lifecycle: { rule: [{ action: { type: 'Delete' }, condition: { daysSinceNoncurrentTime: 3 } }] },
    },
    ['note versioning (certain)'],
  ],
  [
    'versions with a rule that leaves the newest',
    {
      versioning: { enabled: true },
      lifecycle: { rule: [{ action: { type: 'Delete' }, condition: { numNewerVersions: 1 } }] },
    },
    ['warning versioning (certain)'],
    /leaves 1 of each/,
  ],
  [
    'a retention policy',
    { retentionPolicy: { retentionPeriod: '864000', isLocked: true } },
    ['error retention (certain)'],
    /10 days, which is locked/,
  ],
  ['a hold on new objects', { defaultEventBasedHold: true }, ['error retention (certain)'], /hold/],
  [
    'soft delete',
    { softDeletePolicy: { retentionDurationSeconds: '604800' } },
    ['note soft-delete (certain)'],
  ],
  [
    'long soft delete',
    { softDeletePolicy: { retentionDurationSeconds: '2592000' } },
    ['warning soft-delete (certain)'],
  ],
  ['object retention', { objectRetention: { mode: 'Enabled' } }, ['note object-lock (certain)']],
])('%s', async (_, bucket, expected, words = /^/) => {
  gcs.settings.bucket = bucket
  const { short, text } = await examined()
  expect(short).toEqual(expected)
  expect(text).toMatch(words)
})

it('tells what it may not do, and what it may not see', async () => {
  gcs.settings.bucket = undefined
  gcs.settings.rights = ['storage.objects.list', 'storage.objects.get']
  const { short, text } = await examined()
  expect(short).toEqual([
    ...['note permissions (certain)', 'note permissions (certain)'],
    ...Array.from({ length: 4 }, () => 'note not-told (not known)'),
  ])
  expect(text).toContain('storage.buckets.get')
})

it('sees holds of single objects', async () => {
  gcs.put(`reg/${BLOB}`, Buffer.from('a manifest'), { temporaryHold: true })
  expect((await examined()).short).toEqual(['warning objects-held (certain)'])
  gcs.put(`reg/${BLOB}`, Buffer.from('a manifest'))
})

it('says where the registry is instead', async () => {
  const { short, text } = await examined('')
  expect(short[0]).toBe('error no-registry-here (certain)')
  expect(text).toContain("rootDirectory: 'reg'. There is one")
})

import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { StorageFacts } from '../../../src/doctor/storage/facts.ts'
import { STORAGE_RULES, storageFindings } from '../../../src/doctor/storage/storage-findings.ts'
import type { LifecycleRule, StorageSettings } from '../../../src/storage/settings/storage-settings.ts'
import { factsWith, found, HEALTHY, type SomeSettings } from './sample-facts.ts'

const NOW = Date.parse('2026-11-27T12:00:00Z')
const DAY_MS = 86_400_000

it('of a healthy storage, one finding says so', () => {
  expect(storageFindings(factsWith())).toEqual([
    { level: 'ok', rule: 'all', what: 'the bucket images/reg: nothing that bites was found' },
  ])
})

const ABORT: LifecycleRule = { name: 'abort', prefixes: [''], does: 'abort-uploads', days: 8 }
const rule = (
  does: LifecycleRule['does'],
  { days = 30, ...more }: Partial<LifecycleRule> = {},
): SomeSettings => ({
  lifecycle: {
    value: [ABORT, { name: 'r1', prefixes: [''], does, days, ...more }],
  },
})
const look = { key: 'k', modifiedAt: new Date(NOW - DAY_MS) }
const surveyed = (more: Partial<NonNullable<StorageFacts['surveyed']>>) => ({
  surveyed: { ...(factsWith().surveyed as NonNullable<StorageFacts['surveyed']>), ...more },
})
const served = (more: object) => ({
  served: { value: { image: 'a:b', digest: 'sha256:ab', isStored: true, isListed: true, ...more } },
})
const refused = { unknown: 'AccessDenied' }

/** What is wrong; what there is to find; words that a finding must have. */
const CASES: [
  what: string,
  facts: Partial<StorageFacts>,
  settings: SomeSettings,
  expected: string[],
  words?: RegExp,
][] = [
  ['no registry', { isThere: false }, {}, ['error no-registry-here (certain)'], /registries\.ci\.storage/],
  [
    'no registry yet',
    { isThere: false, served: { value: undefined } },
    {},
    ['note no-registry-here (certain)'],
    /the registry has no image/,
  ],
  [
    'a registry elsewhere',
    { isThere: false, elsewhere: ["prefix: 'x'"] },
    {},
    ['error no-registry-here (certain)'],
    /: prefix: 'x'/,
  ],
  ['another registry', served({ isStored: false }), {}, ['error other-storage (likely)'], /a:b/],
  [
    'a rule that empties the trash of collections too early',
    { trashMs: 7 * DAY_MS },
    rule('delete', { prefixes: ['reg/tallyman-trash/'], days: 6 }),
    ['error lifecycle-trash (certain)'],
    /after 6 days/,
  ],
  [
    'a rule that moves it to an archive',
    { trashMs: 7 * DAY_MS },
    rule('move', { prefixes: ['reg/tallyman'], storageClass: 'GLACIER', onlyWith: 'the tag a=b' }),
    ['error lifecycle-trash (likely)'],
  ],
  [
    'a rule that empties it later than Tallyman does, and one where Tallyman has none',
    { trashMs: 7 * DAY_MS },
    rule('delete', { prefixes: ['reg/tallyman-trash/', 'tallyman-trash/'], days: 7 }),
    ['ok all'],
  ],
  [
    'a rule for the trash of a registry that Tallyman does not collect',
    {},
    rule('delete', { prefixes: ['reg/tallyman-trash/'], days: 1 }),
    ['ok all'],
  ],
  ['late listings', served({ isListed: false }), {}, ['warning late-listings (certain)']],
  ['Swift', { type: 'swift' }, {}, ['note late-listings (certain)']],
  [
    'a rule that deletes all',
    {},
    rule('delete'),
    ['error lifecycle-deletes (certain)'],
    /r1 .*after 30 days/,
  ],
  [
    'a rule at a date',
    {},
    { lifecycle: { value: [ABORT, { name: 'r1', prefixes: [''], does: 'delete' }] } },
    ['error lifecycle-deletes (certain)'],
    /a time/,
  ],
  [
    'a rule for a part of the registry',
    {},
    rule('delete', { prefixes: ['reg/docker/registry/v2/repositories/'] }),
    ['error lifecycle-deletes (certain)'],
  ],
  [
    'a rule for a beginning of it',
    {},
    rule('delete', { prefixes: ['re'] }),
    ['error lifecycle-deletes (certain)'],
  ],
  ['a rule for something else', {}, rule('delete', { prefixes: ['reg/other', 'logs/'] }), ['ok all']],
  [
    'a rule by a tag',
    {},
    rule('delete', { onlyWith: 'the tag a=b' }),
    ['warning lifecycle-deletes (likely)'],
    /the tag a=b/,
  ],
  [
    'objects with an end',
    { looks: [{ ...look, expires: 'tomorrow' }] },
    { lifecycle: refused },
    ['error objects-expire (likely)', 'note not-told (not known)'],
  ],
  ['the same where rules are told', { looks: [{ ...look, expires: 'tomorrow' }] }, {}, ['ok all']],
  [
    'X-Delete-At',
    { type: 'swift', looks: [{ ...look, expires: 'tomorrow' }] },
    { lifecycle: undefined },
    ['error objects-expire (certain)', 'note late-listings (certain)'],
  ],
  ['an archive', {}, rule('move', { storageClass: 'DEEP_ARCHIVE' }), ['error lifecycle-archives (certain)']],
  ['a cheap class', {}, rule('move', { storageClass: 'STANDARD_IA' }), ['note lifecycle-archives (certain)']],
  ['ARCHIVE of Google', {}, rule('move', { storageClass: 'ARCHIVE' }), ['note lifecycle-archives (certain)']],
  ['tiering by use', {}, rule('move', { storageClass: 'INTELLIGENT_TIERING' }), ['ok all']],
  ['archived', { looks: [{ ...look, archived: 'GLACIER' }] }, {}, ['error objects-archived (certain)']],
  ['no rule for uploads', {}, { lifecycle: { value: [] } }, ['note multipart-uploads (certain)']],
  [
    'uploads that wait',
    surveyed({ multipart: { objects: 3, bytes: 2 ** 30 } }),
    { lifecycle: { value: [] } },
    ['warning multipart-uploads (certain)'],
    /there were 3, with 1\.0 GiB/,
  ],
  [
    'uploads aborted early',
    {},
    rule('abort-uploads', { days: 1 }),
    ['note multipart-uploads (certain)'],
    /1 day$/,
  ],
  ['versions', {}, { versioning: { value: 'on' } }, ['warning versioning (certain)'], /no lifecycle rule/],
  [
    'versions with bytes',
    surveyed({ versions: { objects: 1, bytes: 5 * 2 ** 30 } }),
    { versioning: { value: 'on' } },
    ['warning versioning (certain)'],
    /5\.0 GiB/,
  ],
  [
    'versions and a rule for them',
    {},
    { versioning: { value: 'on' }, ...rule('delete-versions') },
    ['note versioning (certain)'],
    /r1 deletes them after 30 days/,
  ],
  [
    'versions, and a rule that leaves the newest',
    {},
    { versioning: { value: 'on' }, ...rule('delete-versions', { keepsNewest: 2 }) },
    ['warning versioning (certain)'],
    /leaves 2 of each/,
  ],
  [
    'versions, and a rule for others',
    {},
    { versioning: { value: 'on' }, ...rule('delete-versions', { prefixes: ['logs/'] }) },
    ['warning versioning (certain)'],
  ],
  ['suspended versions', {}, { versioning: { value: 'suspended' } }, ['note versioning (certain)']],
  [
    'a lock with a default',
    {},
    { retention: { value: [{ how: 'object lock for 9 days', days: 9, stops: 'old-versions' }] } },
    ['warning object-lock (certain)'],
    /9 days/,
  ],
  [
    'a lock of single objects',
    {},
    { retention: { value: [{ how: 'object lock', stops: 'single' }] } },
    ['note object-lock (certain)'],
  ],
  [
    'a retention policy',
    { looks: [{ ...look, held: 'a retention' }] },
    { retention: { value: [{ how: 'a retention policy of 3 days', days: 3, stops: 'deletes' }] } },
    ['error retention (certain)'],
  ],
  [
    'holds',
    { looks: [{ ...look, held: 'a legal hold' }] },
    {},
    ['warning objects-held (certain)'],
    /legal hold/,
  ],
  ['soft delete', {}, { softDelete: { value: 7 } }, ['note soft-delete (certain)'], /for 7 days/],
  ['long soft delete', {}, { softDelete: { value: 30 } }, ['warning soft-delete (certain)']],
  ['no soft delete', {}, { softDelete: { value: 0 } }, ['ok all']],
  ['ZFS', {}, { snapshots: 'ZFS' }, ['note snapshots (not known)'], /zfs list/],
  [
    'replication with deletes',
    {},
    { replication: { value: [{ to: 'b', prefixes: [''], passesDeletes: true }] } },
    ['warning replication (certain)'],
    /no backup/,
  ],
  [
    'replication without deletes',
    {},
    { replication: { value: [{ to: 'b', prefixes: ['reg/'], passesDeletes: false }] } },
    ['note replication (certain)'],
  ],
  [
    'a second region',
    {},
    { replication: { value: [{ to: 'b', prefixes: [''], passesDeletes: true, isSecondRegion: true }] } },
    ['note replication (certain)'],
  ],
  [
    'replication of something else',
    {},
    { replication: { value: [{ to: 'b', prefixes: ['logs/'], passesDeletes: true }] } },
    ['ok all'],
  ],
  ['no list', {}, { may: { list: { value: false } } }, ['error permissions (certain)'], /may not list/],
  [
    'nothing there',
    {},
    { may: { list: { unknown: 'NoSuchBucket' } } },
    ['error permissions (certain)'],
    /NoSuchBucket/,
  ],
  [
    'what cannot be read',
    {},
    { may: { ...HEALTHY.may, read: { unknown: 'Forbidden' } } },
    ['error permissions (certain)'],
    /cannot be read: Forbidden/,
  ],
  [
    'a store that does not answer',
    {},
    { may: { list: { unknown: 'ECONNREFUSED' } }, lifecycle: refused, versioning: refused },
    ['error permissions (certain)'],
  ],
  [
    'read only',
    {},
    { may: { ...HEALTHY.may, write: { value: false }, delete: { value: false } } },
    ['note permissions (certain)', 'note permissions (certain)'],
  ],
  ['not tried', {}, { may: { delete: { unknown: 'not tried' } } }, ['note permissions (not known)']],
  ['a full disk', {}, { space: { value: { freeBytes: 3, bytes: 100 } } }, ['warning nearly-full (certain)']],
  [
    'no inodes',
    {},
    { space: { value: { freeBytes: 50, bytes: 100, freeFiles: 0, files: 10 } } },
    ['error nearly-full (certain)'],
    /0 of 10 files/,
  ],
  [
    'its clock',
    {},
    { clock: { value: { theirs: NOW + 60_000, ours: NOW } } },
    ['warning clocks (certain)'],
    /ahead of ours/,
  ],
  [
    'its clock far off',
    {},
    { clock: { value: { theirs: NOW - 600_000, ours: NOW } } },
    ['error clocks (certain)'],
    /behind ours/,
  ],
  [
    "the registry's clock",
    { began: { registry: NOW, store: NOW + 60_000 } },
    {},
    ['warning clocks (certain)'],
    /ahead of that of the registry, by the beginning of an upload/,
  ],
  [
    'files of the future',
    { type: 'folder', looks: [{ key: 'k', modifiedAt: new Date(NOW + 60_000) }] },
    {},
    ['warning clocks (certain)'],
  ],
  [
    'deletes off',
    { refusesDeletes: { value: true } },
    {},
    ['warning deletes-off (certain)'],
    /delete\.enabled/,
  ],
  ['deletes not known', { refusesDeletes: { unknown: '401' } }, {}, ['note deletes-off (not known)']],
  ['no repository to ask', { refusesDeletes: { value: undefined } }, {}, ['ok all']],
  ['a cache', { cacheRequests: { value: 12 } }, {}, ['warning descriptor-cache (certain)'], /12 times/],
  ['perhaps a cache', { cacheRequests: { unknown: 'x' } }, {}, ['note descriptor-cache (not known)']],
  ['no survey', { surveyed: undefined }, {}, ['note old-uploads (not known)'], /--survey/],
  [
    'old uploads',
    surveyed({ oldUploads: { uploads: 2, bytes: 100, oldestAt: NOW - 9 * DAY_MS } }),
    {},
    ['warning old-uploads (likely)'],
    /2026-11-18/,
  ],
  [
    'uploads that the next purge takes',
    surveyed({ oldUploads: { uploads: 2, bytes: 100, oldestAt: NOW - 7.5 * DAY_MS } }),
    {},
    ['ok all'],
  ],
  [
    'no settings',
    {},
    { lifecycle: refused, versioning: refused, retention: refused, replication: refused },
    [
      'note not-told (not known)',
      'note not-told (not known)',
      'note not-told (not known)',
      'note not-told (not known)',
    ],
    /s3:GetLifecycleConfiguration/,
  ],
  [
    'a registry that does not answer',
    { served: { unknown: 'ECONNREFUSED' } },
    {},
    ['note not-compared (not known)'],
  ],
]

it.each(CASES)('%s', (_, facts, settings, expected, words = /./) => {
  const all = factsWith(facts, settings)
  expect(found(all)).toEqual(expected)
  const text = storageFindings(all).map(({ what, why, fix }) => `${what}\n${why}\n${fix}`)
  expect(text.some((one) => new RegExp(words, 'm').test(one))).toBe(true)
})

it('each rule has a case, and stands in the documents', () => {
  const seen = new Set(CASES.flatMap(([, , , expected]) => expected.map((one) => one.split(' ')[1])))
  const documents = readFileSync(new URL('../../../docs/storage-doctor.md', import.meta.url), 'utf8')
  for (const { rule } of STORAGE_RULES) {
    expect(seen).toContain(rule)
    expect(documents).toContain(`\`${rule}\``)
  }
})

const told = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof(fc.record({ value }), fc.constant({ unknown: 'AccessDenied' }), fc.constant(undefined))
const prefixes = fc.array(fc.constantFrom('', 'reg/', 're', 'reg/docker/registry/v2/blobs/', 'logs/'), {
  minLength: 1,
  maxLength: 2,
})
const lifecycleRule = fc.record(
  {
    name: fc.constantFrom('a', 'b'),
    prefixes,
    does: fc.constantFrom('delete', 'delete-versions', 'abort-uploads', 'move'),
    days: fc.nat(400),
    keepsNewest: fc.nat(3),
    storageClass: fc.constantFrom('GLACIER', 'STANDARD_IA'),
    onlyWith: fc.constant('the tag a=b'),
  },
  { requiredKeys: ['name', 'prefixes', 'does'] },
) as fc.Arbitrary<LifecycleRule>
const settings = fc.record({
  lifecycle: told(fc.array(lifecycleRule, { maxLength: 4 })),
  versioning: told(fc.constantFrom('on', 'suspended', 'off')),
  softDelete: told(fc.nat(90)),
  replication: told(fc.array(fc.record({ to: fc.constant('b'), prefixes, passesDeletes: fc.boolean() }))),
  may: fc.record({ list: told(fc.boolean()), delete: told(fc.boolean()) }),
}) as fc.Arbitrary<Partial<StorageSettings>>

it('whatever a store says: each finding tells what to do, and the worst comes first', () => {
  const levels = ['error', 'warning', 'note', 'ok']
  fc.assert(
    fc.property(settings, fc.boolean(), (given, isThere) => {
      const may = Object.fromEntries(Object.entries(given.may ?? {}).filter(([, one]) => one !== undefined))
      const findings = storageFindings(factsWith({ isThere }, { ...given, may }))
      expect(findings.length).toBeGreaterThan(0)
      const order = findings.map(({ level }) => levels.indexOf(level))
      expect(order).toEqual(order.toSorted((a, b) => a - b))
      for (const one of findings) {
        expect(JSON.stringify(one)).not.toMatch(/undefined|NaN|\[object/)
        if (one.level !== 'ok')
          expect(one).toMatchObject({ fix: expect.any(String), sure: expect.any(String) })
      }
    }),
  )
})

it('a rule that deletes what a registry wrote is never passed over', () => {
  const key = fc.constantFrom(
    'reg/docker/registry/v2/blobs/sha256/ab/abcd/data',
    'reg/docker/registry/v2/repositories/team/app/_manifests/tags/v1/current/link',
  )
  fc.assert(
    fc.property(key, fc.nat(80), fc.boolean(), (name, length, isOther) => {
      const prefix = isOther ? `x${name}` : name.slice(0, length)
      const findings = found(factsWith({}, rule('delete', { prefixes: ['logs/', prefix] })))
      expect(findings).toEqual(isOther ? ['ok all'] : ['error lifecycle-deletes (certain)'])
    }),
  )
})

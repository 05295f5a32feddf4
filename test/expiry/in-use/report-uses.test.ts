import { expect, test } from 'vitest'
import { OCI_MANIFEST } from '../../../lab/image.ts'
import { digest } from '../../../lab/images.ts'
import { useRedis } from '../../../lab/use-redis.ts'
import { makeFindImage } from '../../../src/expiry/in-use/find-image.ts'
import { makeFindRegistries } from '../../../src/expiry/in-use/find-registries.ts'
import { makeReportUses } from '../../../src/expiry/in-use/report-uses.ts'
import type { Fact } from '../../../src/usage/fact.ts'
import { makeUsageIndex } from '../../../src/usage/usage-index.ts'

const bed = useRedis()
const SECOND = 1_000_000
const DAY = 86_400 * SECOND
const NOW = Date.parse('2026-11-20T12:00:00Z') * 1000
const PROJECT = 'ci/team/app'
const REPOSITORY = 'team/app'

const push = (name: string, at: number, tag?: string): Fact => ({
  ...{ kind: 'push', repository: REPOSITORY, digest: digest(name), size: 500, mediaType: OCI_MANIFEST, at },
  ...{ ...(tag && { tag }), references: [], extent: 'all' },
})

/** `knownUntil` is epoch µs. */
function setUp(knownUntil = NOW) {
  const index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
  const report = makeReportUses({
    index,
    findRegistries: makeFindRegistries([
      { name: 'ci', url: 'https://registry.example.com', hosts: ['docker.io'] },
    ]),
    findImage: makeFindImage({ index, projectOf: (_, name) => name.split('/').slice(0, 2).join('/') }),
    knownUntil: async () => knownUntil,
    now: () => NOW,
  })
  const usedAt = async (name: string) =>
    (await index.imagesOf(PROJECT, REPOSITORY, [digest(name)])).map(({ pulledAt }) => pulledAt)
  return {
    index,
    report,
    usedAt,
    use: (...references: string[]) => report(references.map((reference) => ({ reference }))),
  }
}

test('a use by tag, by digest and by the name of the registry renews the last use, and counts as no pull', async () => {
  const { index, report, usedAt } = setUp()
  await index.apply(PROJECT, [
    push('a', NOW - 90 * DAY, 'v1'),
    push('b', NOW - 90 * DAY),
    push('c', NOW - 90 * DAY, 'v2'),
  ])
  const before = await index.usage(PROJECT)
  const taken = await report([
    { reference: 'registry.example.com/team/app:v1' },
    { reference: `registry.example.com/team/app@${digest('b')}`, at: '2026-11-01T12:00:00Z' },
    { reference: 'ci/team/app:v2', at: '2026-11-20T11:00:00+01:00' },
  ])
  expect(taken).toEqual({ accepted: 3, unknown: [], refused: [] })
  expect(await usedAt('a')).toEqual([NOW])
  expect(await usedAt('b')).toEqual([NOW - 19 * DAY])
  expect(await usedAt('c')).toEqual([NOW - 7_200 * SECOND])
  expect(await index.usage(PROJECT)).toEqual(before)
})

test('a tag means the image that it names now, and an earlier use takes no later one back', async () => {
  const { index, report, use, usedAt } = setUp()
  await index.apply(PROJECT, [push('a', NOW - 90 * DAY, 'v1'), push('b', NOW - 80 * DAY, 'v1')])
  await use('ci/team/app:v1')
  await report([{ reference: 'ci/team/app:v1', at: '2026-11-01T12:00:00Z' }])
  expect(await usedAt('a')).toEqual([0])
  expect(await usedAt('b')).toEqual([NOW])
})

test('what the index does not have stays out of it', async () => {
  const { index, use } = setUp()
  await index.apply(PROJECT, [
    push('a', NOW - 90 * DAY, 'v1'),
    { kind: 'untag', repository: REPOSITORY, at: NOW - DAY, tag: 'v1' },
  ])
  const no = 'the index has no such image'
  const taken = await use(
    'ci/team/app:v1',
    `ci/team/app@${digest('b')}`,
    'ci/other/app:v1',
    'quay.io/team/app:v1',
  )
  expect(taken).toMatchObject({ accepted: 0, refused: [] })
  expect(new Map(taken.unknown.map(({ reference, reason }) => [reference, reason]))).toEqual(
    new Map([
      ['ci/team/app:v1', no],
      [`ci/team/app@${digest('b')}`, no],
      ['ci/other/app:v1', no],
      ['quay.io/team/app:v1', 'no registry of the configuration has this host'],
    ]),
  )
  expect(await index.projects('ci')).toEqual([PROJECT])
})

test('a deleted image stays deleted, also if the event of its deletion comes after the use', async () => {
  const { index, use, usedAt } = setUp(NOW - 10 * SECOND)
  const gone: Fact = { kind: 'delete', repository: REPOSITORY, digest: digest('a'), at: NOW - 9 * SECOND }
  await index.apply(PROJECT, [push('a', NOW - 90 * DAY, 'v1')])
  expect(await use('ci/team/app:v1')).toMatchObject({ accepted: 1 })
  expect(await usedAt('a')).toEqual([NOW - 10 * SECOND])
  await index.apply(PROJECT, [gone])
  expect(await usedAt('a')).toEqual([])
  expect(await use('ci/team/app:v1', `ci/team/app@${digest('a')}`)).toMatchObject({ accepted: 0 })
  expect(await usedAt('a')).toEqual([])
})

test('if nothing tells until when deletions are known, a use counts as of its own time', async () => {
  const { index, use, usedAt } = setUp(0)
  await index.apply(PROJECT, [push('a', NOW - 90 * DAY, 'v1')])
  await use('ci/team/app:v1')
  expect(await usedAt('a')).toEqual([NOW])
})

test.each([
  ['no name', { reference: 'ci/team/app:v 1' }, 'expected [host/]repository[:tag][@digest]'],
  ['no time', { at: 'yesterday' }, 'expected in `at` a time in RFC 3339, such as 2026-11-26T12:00:00Z'],
  ['the future', { at: '2026-11-20T12:05:01Z' }, '2026-11-20T12:05:01Z is more than 5 minutes in the future'],
  ['long ago', { at: '2026-10-21T11:59:59Z' }, '2026-10-21T11:59:59Z is more than 30 days ago'],
])('%s is refused, and the others of the batch count', async (_, wrong, reason) => {
  const { index, report } = setUp()
  await index.apply(PROJECT, [push('a', NOW - 90 * DAY, 'v1')])
  const use = { reference: 'ci/team/app:v1', ...wrong }
  const taken = await report([use, { reference: 'ci/team/app:v1' }])
  expect(taken).toEqual({ accepted: 1, unknown: [], refused: [{ reference: use.reference, reason }] })
})

test('a clock that is a little ahead makes no use in the future', async () => {
  const { index, report, usedAt } = setUp()
  await index.apply(PROJECT, [push('a', NOW - 90 * DAY, 'v1')])
  await report([{ reference: 'ci/team/app:v1', at: '2026-11-20T12:04:59Z' }])
  expect(await usedAt('a')).toEqual([NOW])
})

import { expect, test } from 'vitest'
import { isReadablePath } from '../../web/src/is-readable-path.ts'
import { namesOf, referenceOf, registryOf, shortDigest } from '../../web/src/pages/project/image-name.ts'
import { ageNote, pullText, whyUntagged } from '../../web/src/pages/project/image-text.ts'
import { limitText } from '../../web/src/pages/project/limit-text.ts'
import { bodyOf, waysOf } from '../../web/src/pages/project/promotion-ways.ts'
import { usagePoints } from '../../web/src/pages/project/usage-points.ts'
import { asSort, isFiltered, placeAfter } from '../../web/src/pages/projects/filters.ts'
import { shareOf } from '../../web/src/pages/projects/share-of.ts'
import { percent } from '../../web/src/parts/percent.ts'
import { axisTime, BYTE_STEPS, faded } from '../../web/src/parts/timeline-options.ts'
import { spanOf, timelineTime } from '../../web/src/parts/timeline-time.ts'

const DIGEST = `sha256:${'ab'.repeat(32)}`

test('the line of a project goes from its past over now to what is expected', () => {
  const samples = [
    { at: '2026-01-01T00:00:00Z', uniqueBytes: 10 },
    { at: '2026-01-02T00:00:00Z', uniqueBytes: 20 },
    // A clock that is ahead.
    { at: '2026-02-01T00:00:00Z', uniqueBytes: 99 },
  ]
  const now = Date.parse('2026-01-02T12:00:00Z')
  const ahead = { until: '2026-01-10T00:00:00Z', bytesThen: { low: 30, middle: 40, high: 50 } }
  expect(usagePoints(samples, now, 25, ahead)).toEqual({
    times: [...['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'], '2026-01-02T12:00:00Z', ahead.until].map(
      (at) => Date.parse(at) / 1000,
    ),
    used: [10, 20, 25, null],
    expected: [null, null, 25, 40],
    low: [null, null, 25, 30],
    high: [null, null, 25, 50],
  })
  const none = usagePoints([], now, 25, { ...ahead, bytesThen: null })
  expect(none).toEqual({ times: [now / 1000], used: [25], expected: [null], low: [null], high: [null] })
})

test('what a limit would mean is said before it is set', () => {
  expect(limitText('10KiB', 5120)).toEqual({ isValid: true, text: '5.0 KiB are used now: 50 % of it.' })
  expect(limitText(' 4KiB ', 5120).text).toContain('over its quota at once')
  for (const text of ['', '0', '5 apples', '-1GiB']) expect(limitText(text, 1).isValid).toBe(false)
  expect(limitText('5 apples', 1).text).toMatch(/^Expected a size such as 50GiB/)
})

test('an image has names by its tags, and by its digest', () => {
  const image = { digest: DIGEST, tags: [{ name: 'v1' }] }
  const names = namesOf('ci/team/app', 'team/app/api', image)
  expect(names).toEqual(['ci/team/app/api:v1', `ci/team/app/api@${DIGEST}`])
  expect(names.map(referenceOf)).toEqual(['v1', 'sha256:abababababab…'])
  expect(shortDigest('not a digest')).toBe('not a digest')
  expect(registryOf('ci/team/app')).toBe('ci')
})

test('an image can be promoted by rules, and without one to registries that are named', () => {
  const rules = [
    {
      ...{ rule: 'releases', registry: 'production', name: 'released/app:v1', when: 'push' as const },
      ...{ gates: ['signature'], overwrite: 'never' as const },
    },
  ]
  const ways = waysOf('ci/team/app:v1', { rules, registries: ['ci', 'production'] })
  expect(ways.map(({ rule, registry, name }) => [rule, registry, name])).toEqual([
    ['releases', 'production', 'released/app:v1'],
    [undefined, 'production', 'team/app:v1'],
    // Under its own name it would be its own target.
    [undefined, 'ci', ''],
  ])
  expect(ways[0]?.text).toBe(
    'as released/app:v1. Gates: signature. A tag there that names another image is not moved.',
  )
  const [byRule, free, own] = ways
  if (!(byRule && own && free)) throw new Error('a way is missing')
  expect(bodyOf('ci/team/app:v1', byRule, 'ignored')).toEqual({
    ...{ image: 'ci/team/app:v1', to: 'production', rule: 'releases' },
  })
  expect(bodyOf('ci/team/app:v1', own, ' a/b:c ')).toEqual({ image: 'ci/team/app:v1', to: 'ci', as: 'a/b:c' })
  expect(bodyOf('ci/team/app:v1', free, '')).toEqual({ image: 'ci/team/app:v1', to: 'production' })
  const [digest] = waysOf(`ci/team/app@${DIGEST}`, { rules: [], registries: ['production'] })
  expect(digest?.name).toBe('')
})

test('what is not known of an image is said so', () => {
  const now = Date.parse('2026-01-10T00:00:00Z')
  expect(pullText({ pullsSince: '2026-01-07T00:00:00Z' }, true, now)).toBe('none in 3d')
  expect(pullText({ pullsSince: '2026-01-07T00:00:00Z' }, false, now)).toBe('not known')
  expect(pullText({ pullsSince: null }, true, now)).toBe('not known')
  expect(ageNote({ ageSource: 'event' })).toBe('')
  expect(ageNote({ ageSource: 'seen' })).toContain('may be older')
  expect(whyUntagged({ isOrphan: true, lastPullAt: null })).toContain('an image that is gone')
  expect(whyUntagged({ isOrphan: false, lastPullAt: null })).not.toContain('pulls')
  expect(whyUntagged({ isOrphan: false, lastPullAt: '2026-01-01T00:00:00Z' })).toContain(
    'pulls it by its digest',
  )
})

test('a share of a limit is of what the limit is about', () => {
  const sizes = { uniqueBytes: 50, exclusiveBytes: 20, referencedBytes: 80 }
  expect(shareOf({ ...sizes, limitBytes: 100, limitMeasure: 'unique' })).toBe(0.5)
  expect(shareOf({ ...sizes, limitBytes: 100, limitMeasure: 'exclusive' })).toBe(0.2)
  expect(shareOf({ ...sizes, limitBytes: 100, limitMeasure: 'tagged' })).toBeUndefined()
  expect(shareOf({ ...sizes, limitBytes: null, limitMeasure: null })).toBeUndefined()
  expect(shareOf({ ...sizes, limitBytes: 0, limitMeasure: 'unique' })).toBe(1)
  expect([percent(0.5), percent(0.001), percent(0), percent(12.3)]).toEqual([
    ...['50 %', 'less than 1 %', '0 %', '1,230 %'],
  ])
})

test('the list of projects is asked for by its URL', () => {
  expect([asSort('tags'), asSort('nonsense'), asSort(undefined)]).toEqual(['tags', 'unique', 'unique'])
  expect([isFiltered({ sort: 'name' }), isFiltered({ search: 'a' }), isFiltered({ flag: 'over' })]).toEqual([
    ...[false, true, true],
  ])
})

test.each([
  ['ArrowDown', 0, 1],
  ['ArrowDown', 2, undefined],
  ['ArrowUp', 0, undefined],
  ['ArrowUp', 2, 1],
  ['Home', 2, 0],
  ['End', 0, 2],
  ['End', 2, undefined],
  ['Enter', 1, undefined],
])('in a list of three, %s leads from %i to %s', (key, at, next) => {
  expect(placeAfter(key, at, 3)).toBe(next)
})

test('the axes of a timeline have round bytes, and times as short as they can be', () => {
  expect(BYTE_STEPS.slice(0, 3)).toEqual([1, 2, 5])
  expect(BYTE_STEPS).toContain(200 * 1024 ** 3)
  expect(BYTE_STEPS).toEqual(BYTE_STEPS.toSorted((a, b) => a - b))
  const noon = new Date(2026, 2, 4, 12).getTime() / 1000
  expect(axisTime(noon, 3600)).toBe('12:00')
  expect(axisTime(noon - 43_200, 3600)).toMatch(/4/)
  expect(axisTime(noon, 86_400)).not.toContain('2026')
  expect(axisTime(noon, 30 * 86_400)).toContain('2026')
  expect(faded('rgb(1, 2, 3)', 0.5)).toBe('rgba(1, 2, 3, 0.5)')
})

test('a timeline of days tells days, one of hours also the hour; a young line has room for a week', () => {
  const [noon, day] = [new Date(2026, 2, 4, 12).getTime() / 1000, 86_400]
  expect(timelineTime([noon, noon + day], noon)).toBe('4 Mar 2026')
  expect(timelineTime([noon, noon + 3600], noon)).toContain('12:00')
  expect(spanOf([noon])).toEqual([noon - 7 * day, noon])
  expect(spanOf([noon - 90 * day, noon])).toEqual([noon - 90 * day, noon])
})

test.each([
  ['/projects/ci/shop%20web', true],
  ['/projects/%zz', false],
  ['/projects/%ff', false],
])('whether %s can be decoded: %s', (path, is) => {
  expect(isReadablePath(path)).toBe(is)
})

import { expect, test } from 'vitest'
import { placesOf } from '../../web/src/pages/plan/curve-places.ts'
import {
  MOST_ROWS,
  NOTHING_READ,
  nameOf,
  type PlanLine,
  type PlanRow,
  readMore,
  registriesOf,
  select,
  sumsByRule,
  textToType,
} from '../../web/src/pages/plan/plan-reading.ts'

const row = (more: Partial<PlanRow>): PlanRow => ({
  ...{ policy: 'p', project: 'ci/a', repository: 'a', digest: `sha256:${'0'.repeat(64)}`, tags: ['pr-1'] },
  ...{ verdict: 'delete', rule: 'expire pr-*', reason: 'it is old', reclaimableBytes: 10, sizeBytes: 100 },
  ...{ age: '2026-01-01T00:00:00Z', ageSource: 'event', lastUse: null, isUseKnown: true },
  ...more,
})
const end = {
  asOf: '2026-11-27T00:00:00Z',
  policies: ['p'],
  undo: { until: null, text: '' },
  images: 3,
  plan: 'abc',
}
const nothing = () => ({ ...NOTHING_READ, goes: [], stays: [] })

test('a plan is read piece by piece', () => {
  const untag = row({ verdict: 'untag', untag: ['pr-2'], reclaimableBytes: 0 })
  const first = readMore(nothing(), [
    row({}),
    row({ verdict: 'keep', rule: null, reclaimableBytes: 0 }),
  ] as PlanLine[])
  expect(first).toMatchObject({ bytes: 10, end: undefined })
  const whole = readMore(first, [
    untag,
    { policy: 'p', warning: 'too much', held: 'ci/a' },
    { policy: 'p', warning: 'odd' },
    end,
  ] as PlanLine[])
  expect(whole).toMatchObject({
    bytes: 10,
    warnings: ['too much', 'odd'],
    held: ['ci/a'],
    end: { plan: 'abc' },
  })
  expect([whole.goes.length, whole.stays.length, whole.isCut]).toEqual([2, 1, false])
})

test('a plan that is too long for a page is cut, and says so', () => {
  const one = row({})
  const many = readMore(nothing(), Array.from({ length: MOST_ROWS }, () => one) as PlanLine[])
  expect(many.isCut).toBe(false)
  expect(readMore(many, [row({})] as PlanLine[])).toMatchObject({ isCut: true, bytes: MOST_ROWS * 10 })
})

test('rules are summed, the one with the most bytes first', () => {
  const rows = [
    row({}),
    row({ rule: 'b', reclaimableBytes: 50 }),
    row({}),
    row({ rule: null, reclaimableBytes: 0 }),
  ]
  expect(sumsByRule(rows)).toEqual([
    { rule: 'b', images: 1, bytes: 50 },
    { rule: 'expire pr-*', images: 2, bytes: 20 },
    { rule: 'no rule', images: 1, bytes: 0 },
  ])
})

test('rows are found by any of their texts and by rule, and ordered', () => {
  const a = row({ repository: 'team/App', reclaimableBytes: 1, age: '2026-03-01T00:00:00Z' })
  const b = row({ tags: ['v1'], reclaimableBytes: 3, age: '2026-01-01T00:00:00Z', rule: null })
  const c = row({ reason: 'not used', reclaimableBytes: 2, age: null })
  const rows = [a, b, c]
  expect(select(rows, { search: 'APP', order: 'name' })).toEqual([a])
  expect(select(rows, { search: 'not used', order: 'name' })).toEqual([c])
  expect(select(rows, { search: 'v1', order: 'name' })).toEqual([b])
  expect(select(rows, { rule: 'no rule', order: 'name' })).toEqual([b])
  expect(select(rows, { order: 'bytes' })).toEqual([b, c, a])
  expect(select(rows, { order: 'age' })).toEqual([b, a, c])
  expect(rows).toEqual([a, b, c])
})

test('what is typed is the project if it is the only one, or else the policy', () => {
  expect(textToType('p', [row({}), row({})])).toBe('ci/a')
  expect(textToType('p', [row({}), row({ project: 'ci/b' })])).toBe('p')
  expect(textToType('p', [])).toBe('p')
  expect(registriesOf([row({ project: 'next/x/y' }), row({}), row({})])).toEqual(['ci', 'next'])
})

test('an image is called by the tags that go, by its tags, or by its digest', () => {
  expect(nameOf(row({ tags: ['a', 'b'] }))).toBe('a:a, b')
  expect(nameOf(row({ tags: ['a', 'b'], untag: ['b'] }))).toBe('a:b')
  expect(nameOf(row({ tags: [] }))).toBe('a@sha256:000000000000…')
})

test('the points of a curve are between its corners', () => {
  expect(placesOf([0, 5, 10])).toEqual([
    { x: 0, y: 100 },
    { x: 50, y: 50 },
    { x: 100, y: 0 },
  ])
  expect(placesOf([0, 0]).map(({ y }) => y)).toEqual([100, 100])
  expect(placesOf([7])).toEqual([{ x: 50, y: 0 }])
  expect(placesOf([])).toEqual([])
})

import { expect, test } from 'vitest'
import {
  gatesOf,
  type Promotion,
  percentOf as percentCopied,
  waitsForPeople,
} from '../../web/src/pages/promotions/promotion-text.ts'
import { leftOf, outcomesOf, percentOf, type Run } from '../../web/src/pages/runs/run-text.ts'
import { chanceOf, keepOf, trashedName } from '../../web/src/pages/trash/trash-text.ts'

const NONE = {
  planned: 0,
  plannedTags: 0,
  deleted: 0,
  untagged: 0,
  absent: 0,
  moved: 0,
  refused: 0,
  failed: 0,
}
const progress = (planned: number, done: number) => ({ planned, done, plannedBytes: 0, freedBytes: 0 })

test('a run tells the outcomes that it has', () => {
  expect(outcomesOf({ outcomes: { ...NONE, deleted: 1200, untagged: 1, refused: 3 } })).toEqual([
    '1,200 images deleted',
    '1 single tag deleted',
    '3 refused by the registry',
  ])
  expect(outcomesOf({ outcomes: NONE })).toEqual([])
})

test.each([
  [0, 0, 100],
  [3, 1, 33],
  [3, 3, 100],
  [3, 4, 100],
])('of %i planned, %i are %i %%', (planned, done, percent) => {
  expect(percentOf({ progress: progress(planned, done) })).toBe(percent)
})

test('of an applied plan, what the run does not delete is left', () => {
  const run = {
    state: 'done',
    plan: { id: 'a', asOf: '', images: 5, tags: 2 },
    progress: progress(4, 4),
  } as Run
  expect(leftOf(run)).toBe(3)
  expect(leftOf({ ...run, state: 'running' })).toBe(0)
  const { plan: _, ...without } = run
  expect(leftOf(without)).toBe(0)
})

test.each([
  [{ undoUntil: '2026-11-28T00:00:00Z' }, 'safe'],
  [{ undoUntil: '2026-11-26T00:00:00Z' }, 'doubtful'],
  [{ undoUntil: null }, 'unknown'],
  [{ undoUntil: null, restoredAt: '2026-11-26T00:00:00Z' }, 'restored'],
])('the chance of %j is %s', (entry, chance) => {
  expect(chanceOf(entry, Date.parse('2026-11-27T00:00:00Z'))).toBe(chance)
})

test('an entry of the trash is called by its tags, and tells how long the trash keeps it', () => {
  const digest = `sha256:${'a'.repeat(64)}`
  expect(trashedName({ repository: 'a', tags: ['x', 'y'], digest })).toBe('a:x, y')
  expect(trashedName({ repository: 'a', tags: ['x', 'y'], tag: 'y', digest })).toBe('a:y')
  expect(trashedName({ repository: 'a', tags: [], digest })).toBe('a@sha256:aaaaaaaaaaaa…')
  expect(keepOf([{ at: '2026-11-01T00:00:00Z', forgottenAt: '2026-11-02T00:00:00Z' }])).toBe(86_400_000)
  expect(keepOf([])).toBeUndefined()
})

test('a promotion waits for people if a gate for approval does; what is not open comes first', () => {
  const gates = [
    { gate: 'signature by a', state: 'open' as const, why: '' },
    { gate: 'approval by 2', state: 'waiting' as const, why: '' },
  ]
  const promotion = { state: 'waiting', progress: { gates } } as Promotion
  expect(waitsForPeople(promotion)).toBe(true)
  expect(gatesOf(promotion).map(({ gate }) => gate)).toEqual(['approval by 2', 'signature by a'])
  expect(waitsForPeople({ ...promotion, state: 'failed' })).toBe(false)
  expect(waitsForPeople({ state: 'waiting', progress: { gates: gates.slice(0, 1) } })).toBe(false)
  expect(percentCopied({ progress: { bytes: 1, totalBytes: 3 } })).toBe(33)
  expect(percentCopied({ progress: { bytes: 0, totalBytes: 0 } })).toBeUndefined()
  expect(percentCopied({})).toBeUndefined()
})

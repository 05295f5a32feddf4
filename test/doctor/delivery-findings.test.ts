import { expect, test } from 'vitest'
import { judge } from '../../src/delivery-audit/judge.ts'
import { deliveryFindings, notAudited } from '../../src/doctor/delivery-findings.ts'

const NOW = 1_795_803_600_000_000
const reading = { at: NOW, takenBefore: 5, takenAfter: 5, processes: [], gone: [], failed: [] }
const { state } = judge(undefined, reading, 'x')
const levels = (change: Partial<typeof state>) =>
  deliveryFindings('ci', { ...state, ...change }, NOW).map(({ level, what }) => `${level} ${what}`)

test('each thing that is wrong with deliveries is a finding; if nothing is, that is one', () => {
  expect(levels({ pending: 2 })).toEqual(['ok all events that left its queue have arrived; 2 wait in it'])
  expect(levels({ isGrowing: true, pending: 30 })).toEqual([
    'error 30 events wait in the queue of ci, and do not get less',
  ])
  const failing = { 'http://a/': { since: NOW, problem: 'it answers 404' } }
  expect(levels({ failing, lastLoss: { at: NOW, count: 1 }, uncountedAt: NOW, uncounted: 7 })).toEqual([
    'error http://a/ cannot be read since 2026-11-27T18:20:00.000Z: it answers 404',
    'warning events of ci were lost, last at 2026-11-27T18:20:00.000Z',
    'warning events come from processes of ci whose metrics are not read',
  ])
  const old = NOW - 2 * 86_400_000_000
  expect(levels({ lastLoss: { at: old, count: 1 }, uncountedAt: old, uncounted: 7 })).toEqual([
    'ok all events that left its queue have arrived; 0 wait in it',
  ])
})

test('a registry that was not read yet is a warning, and one whose metrics are not known gets advice', () => {
  expect(deliveryFindings('ci', undefined, NOW)).toMatchObject([{ level: 'warning' }])
  expect(notAudited('ci')).toMatchObject({
    level: 'note',
    fix: expect.stringContaining('registries.ci.metrics.url'),
  })
})

import { expect, test } from 'vitest'
import { doubtOf } from '../../src/reconcile/doubts.ts'
import type { ReconcileReport } from '../../src/reconcile/report.ts'

const NOW = 1_800_000_000_000
const none = { oldestAt: undefined, delayed: 0, failed: 0 }
const exact = { since: NOW * 1000, images: 0, repositories: 0 }
const gap = { since: NOW * 1000, reason: 'the registry was restarted', cause: 'a' }
const report = (facts: Partial<ReconcileReport>) =>
  ({ hold: null, method: 'api', ...facts }) as ReconcileReport

test('an exact index, with nothing that waits, is no reason for doubt', () => {
  expect(doubtOf({ exact, gaps: [], lastReport: report({}) }, none, NOW)).toBeUndefined()
  const recent = { ...none, oldestAt: NOW - 60_000 }
  expect(doubtOf({ exact, gaps: [], lastReport: report({}) }, recent, NOW)).toBeUndefined()
})

test.each([
  ['a registry that was never read', { gaps: [] }, none, /no reconcile has read the whole registry yet/],
  [
    'a gap',
    { exact, gaps: [gap], lastReport: report({}) },
    none,
    /events may be missing .*: the registry was restarted\. A reconcile makes the index exact: tallyman reconcile$/,
  ],
  [
    'a reconcile that is held',
    {
      exact,
      gaps: [],
      lastReport: report({
        hold: { what: 'manifests', missing: 3, manifests: 4 },
        registry: 'ci',
        readAt: 'now',
      }),
    },
    none,
    /held/,
  ],
  [
    'events that wait',
    { exact, gaps: [], lastReport: report({}) },
    { ...none, oldestAt: NOW - 61_000 },
    /accepted events have been waiting for 61 seconds/,
  ],
  [
    'events that were given up',
    { exact, gaps: [], lastReport: report({}) },
    { ...none, failed: 2 },
    /2 jobs with accepted events were given up/,
  ],
])('%s is one', (_, status, pending, reason) => {
  expect(doubtOf(status, pending, NOW)).toMatch(reason)
})

test('a pull-through cache whose storage cannot be read counts as its events tell, but not while some wait', () => {
  const status = { gaps: [gap], lastReport: report({ method: 'events' }) }
  expect(doubtOf(status, none, NOW)).toBeUndefined()
  expect(doubtOf(status, { ...none, oldestAt: NOW - 61_000 }, NOW)).toMatch(/waiting/)
})

import { expect, test } from 'vitest'
import { spaceFinding } from '../../src/doctor/check-host.ts'
import { type Intake, intakeFindings } from '../../src/doctor/intake-findings.ts'
import { NO_DRIFT } from '../../src/reconcile/drift.ts'

const GIB = 2 ** 30
const HOUR = 3_600_000
const NOW = Date.parse('2026-11-27T12:00:00Z')

test.each([
  ['a tenth of a small disk', 2, 20, 'ok'],
  ['little of a large disk, which is much', 300, 20_000, 'ok'],
  ['little of a disk', 20, 1_000, 'warning'],
  ['less than a GiB', 0.9, 4, 'warning'],
  ['next to nothing', 0.05, 1_000, 'error'],
])('%s is %i GiB of %i: %s', (_, free, all, level) => {
  expect(spaceFinding('/data', { free: free * GIB, all: all * GIB }).level).toBe(level)
})

const intake = (more: Partial<Intake>): Intake => ({
  ...{ registry: 'ci', lastEventAt: (NOW - 48 * HOUR) * 1000, instances: 0, refused: [] },
  ...{ pulls: { areHeard: true, since: 0, reason: 'pulls are heard' }, tellsReferences: true },
  ...{ reconcile: undefined, endpoint: 'http://tallyman/v1/events', ...more },
})
const arrival = (more: Partial<Intake>) => intakeFindings(intake(more), NOW)[0]
const missed = { ...NO_DRIFT, manifestsMissed: 2, tagsMoved: 1 }

test('a registry that has stopped sending is found by what a reconcile found since', () => {
  expect(arrival({ reconcile: { readAt: NOW - HOUR, drift: missed } })).toMatchObject({
    level: 'error',
    what: expect.stringMatching(
      /^no notification has come since 2026-11-25T12.* found 3 changes that none told of$/,
    ),
    fix: expect.stringContaining('still name http://tallyman/v1/events'),
  })
})

test.each<[string, Partial<Intake>]>([
  ['has nothing to tell', { reconcile: { readAt: NOW - HOUR, drift: NO_DRIFT } }],
  ['was not read since', { reconcile: { readAt: NOW - 72 * HOUR, drift: missed } }],
  ['was not read at all', {}],
  [
    'sends again since the reconcile',
    { lastEventAt: NOW * 1000, reconcile: { readAt: NOW - HOUR, drift: missed } },
  ],
  ['only collected its garbage', { reconcile: { readAt: NOW - HOUR, drift: { ...NO_DRIFT, linksGone: 7 } } }],
])('a registry that %s is in order', (_, more) => {
  expect(arrival(more)).toMatchObject({ check: 'events of ci', level: 'ok' })
})

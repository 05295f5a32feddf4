import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isBreak, type PullEvidence, pullsHeard } from '../../src/events/pulls-heard.ts'

const SECOND = 1_000_000
const DAY = 86_400 * SECOND
const NOW = Date.parse('2026-11-20T12:00:00Z') * 1000

/** Seconds before `NOW`. */
const ago = (seconds: number) => NOW - seconds * SECOND
const heard = (since: number, last: number) => ({ since: ago(since), last: ago(last) })
const probe = (beganAt: number, endedAt: number) => ({ beganAt: ago(beganAt), endedAt: ago(endedAt) })

test.each<[string, PullEvidence, string]>([
  ['nothing', {}, 'pulls are not heard: no event of a pull has come yet'],
  [
    'a reconcile whose requests came back',
    { heard: heard(900, 290), probe: probe(300, 280) },
    'pulls are heard since 2026-11-20T11:45:00.000Z',
  ],
  [
    'a pull by somebody else since the reconcile began',
    { heard: heard(900, 10), probe: probe(300, 280) },
    'pulls are heard since 2026-11-20T11:45:00.000Z',
  ],
  [
    'a reconcile whose requests did not come back',
    { heard: heard(900, 301), probe: probe(300, 280) },
    'pulls are not heard: none came since the reconcile of 2026-11-20T11:55:00.000Z began, not even its own requests',
  ],
  [
    'the same, and none ever came',
    { probe: probe(300, 280) },
    'pulls are not heard: none came since the reconcile of 2026-11-20T11:55:00.000Z began, not even its own requests',
  ],
  [
    'a reconcile that has just ended',
    { heard: heard(900, 301), probe: probe(300, 60) },
    'pulls may not be heard: none came yet since the reconcile of 2026-11-20T11:55:00.000Z began',
  ],
  [
    'no reconcile over the API, and a pull of the last day',
    { heard: heard(90_000, 86_400) },
    'pulls are heard since 2026-11-19T11:00:00.000Z',
  ],
  [
    'no reconcile over the API, and no pull for over a day',
    { heard: heard(90_000, 86_401) },
    'pulls may not be heard: the last one came at 2026-11-19T11:59:59.000Z, more than a day ago',
  ],
])('%s', (_, evidence, reason) => {
  const found = pullsHeard(evidence, NOW)
  expect(found.reason).toBe(reason)
  expect(found.areHeard).toBe(reason.startsWith('pulls are heard'))
})

test.each<[string, PullEvidence, number, boolean]>([
  ['the first pull of all', {}, ago(0), true],
  ['a pull after a reconcile that was heard', { heard: heard(900, 290), probe: probe(300, 280) }, NOW, false],
  ['a request of the reconcile itself', { heard: heard(900, 301), probe: probe(300, 280) }, ago(290), false],
  ['its last request, late', { heard: heard(900, 301), probe: probe(300, 280) }, ago(220), false],
  [
    'a pull after a reconcile that was not',
    { heard: heard(900, 301), probe: probe(300, 280) },
    ago(219),
    true,
  ],
  ['a pull within a day of the last', { heard: heard(900, 301) }, NOW, false],
  ['a pull after a day without any', { heard: { since: NOW - 9 * DAY, last: NOW - DAY - 1 } }, NOW, true],
])('a break before %s', (_, evidence, next, expected) => {
  expect(isBreak(evidence, next)).toBe(expected)
})

test('of any history, a registry that sends no pulls for a whole reconcile is not believed, nor is what came before', () => {
  const times = fc.uniqueArray(fc.integer({ min: 1, max: 100_000 }), { minLength: 4, maxLength: 40 })
  fc.assert(
    fc.property(times, fc.nat(), (given, pick) => {
      const sorted = given.toSorted((a, b) => a - b).map((seconds) => seconds * 100 * SECOND)
      // A reconcile of a second at one of these times, and pulls at the others.
      const at = sorted[pick % sorted.length] as number
      const reconcile = { beganAt: at, endedAt: at + SECOND }
      let known: PullEvidence = {}
      for (const time of sorted.filter((one) => one !== at)) {
        if (time > at) known = { ...known, probe: reconcile }
        const since = isBreak(known, time) ? time : (known.heard?.since ?? time)
        known = { ...known, heard: { since, last: time } }
        // Its own requests never came back.
        const found = pullsHeard(known, time)
        if (time > at && found.areHeard) expect(found.since).toBeGreaterThan(at)
      }
      const before = sorted.filter((one) => one < at)
      if (before.length === sorted.length - 1)
        expect(pullsHeard({ ...known, probe: reconcile }, at + 100 * SECOND).areHeard).toBe(false)
    }),
  )
})

import { expect, test } from 'vitest'
import { atGates } from '../../../src/promotion/at-gates.ts'

const HOUR = 3_600_000
const ASKED_AT = 1_795_500_000_000
const waiting = (again?: number) => ({
  ...{ gate: 'a gate', state: 'waiting' as const, why: 'it waits' },
  ...(again !== undefined && { again }),
})

/** How long a promotion that has waited for `waited` ms waits before its gates are asked again, in ms. */
function pause(waited: number, results: ReturnType<typeof waiting>[], waitFor = 168 * HOUR) {
  const now = ASKED_AT + waited
  const outcome = atGates({ state: 'waiting', results }, { askedAt: ASKED_AT }, waitFor, now)
  return outcome.state === 'waiting' ? outcome.again - now : outcome.state
}

test.each([
  ['at once', 0, HOUR / 12],
  ['for half an hour', HOUR / 2, HOUR / 12],
  ['for five hours', 5 * HOUR, HOUR / 2],
  ['for a day', 24 * HOUR, HOUR],
])('a gate that has waited %s for an event is asked again', (_, waited, expected) => {
  expect(pause(waited, [waiting()])).toBe(expected)
})

test('a gate that says when is asked then, however long it has waited, and the earliest counts', () => {
  const now = ASKED_AT + 24 * HOUR
  expect(pause(24 * HOUR, [waiting(now + 60_000)])).toBe(60_000)
  expect(pause(24 * HOUR, [waiting(now + 9 * HOUR)])).toBe(9 * HOUR)
  expect(pause(24 * HOUR, [waiting(now + 9 * HOUR), waiting()])).toBe(HOUR)
  expect(pause(24 * HOUR, [waiting(now - 1)])).toBe(1_000)
})

test('no look is after the time for which a rule waits, and none follows', () => {
  expect(pause(10 * HOUR, [waiting()], 10.5 * HOUR)).toBe(HOUR / 2)
  expect(pause(10 * HOUR, [waiting()], 10 * HOUR)).toBe('refused')
})

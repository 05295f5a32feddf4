import { expect, test } from 'vitest'
import { DAYS, isExcepted, makeIsQuiet, type Quiet } from '../../src/alerts/quiet.ts'

const NIGHT: Quiet = { from: 20 * 60, to: 7 * 60, zone: 'Europe/Berlin', days: DAYS }
const isQuiet = (quiet: Quiet, at: string) => makeIsQuiet(quiet)(Date.parse(at))

test('a night is quiet from its evening to its morning, by the clock of its zone', () => {
  expect(isQuiet(NIGHT, '2026-11-27T18:59:59Z')).toBe(false)
  expect(isQuiet(NIGHT, '2026-11-27T19:00:00Z')).toBe(true)
  expect(isQuiet(NIGHT, '2026-11-28T05:59:59Z')).toBe(true)
  expect(isQuiet(NIGHT, '2026-11-28T06:00:00Z')).toBe(false)
  // In summer, clocks are an hour ahead.
  expect(isQuiet(NIGHT, '2026-07-27T18:00:00Z')).toBe(true)
  expect(isQuiet(NIGHT, '2026-07-28T05:00:00Z')).toBe(false)
})

test('a night belongs to the day on which it begins', () => {
  const friday = { ...NIGHT, days: ['fri'] as const }
  expect(isQuiet(friday, '2026-11-27T22:00:00Z')).toBe(true)
  expect(isQuiet(friday, '2026-11-28T05:00:00Z')).toBe(true)
  expect(isQuiet(friday, '2026-11-28T22:00:00Z')).toBe(false)
  expect(isQuiet(friday, '2026-11-27T05:00:00Z')).toBe(false)
})

test('a time within a day, and whole days', () => {
  const noon: Quiet = { from: 720, to: 780, zone: 'UTC', days: DAYS }
  expect(['11:59', '12:00', '12:59', '13:00'].map((at) => isQuiet(noon, `2026-11-27T${at}:00Z`))).toEqual([
    ...[false, true, true, false],
  ])
  const weekend: Quiet = { from: 0, to: 0, zone: 'UTC', days: ['sat', 'sun'] }
  const at = ['27T23:59', '28T00:00', '29T12:00', '29T23:59', '30T00:00']
  expect(at.map((time) => isQuiet(weekend, `2026-11-${time}:00Z`))).toEqual([false, true, true, true, false])
})

test('what is excepted is told all the same', () => {
  expect(isExcepted('critical', NIGHT)).toBe(false)
  expect(isExcepted('critical', { ...NIGHT, except: 'critical' })).toBe(true)
  expect(isExcepted('warning', { ...NIGHT, except: 'critical' })).toBe(false)
  expect(isExcepted('warning', { ...NIGHT, except: 'warning' })).toBe(true)
  expect(isExcepted('info', { ...NIGHT, except: 'warning' })).toBe(false)
})

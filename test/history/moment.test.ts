import { expect, test } from 'vitest'
import { parseMoment } from '../../src/history/moment.ts'

test.each([
  ['2027-06', '2027-06-01T00:00:00.000Z'],
  ['2028-02-29', '2028-02-29T00:00:00.000Z'],
  ['2027-06-15T12:00:00+02:00', '2027-06-15T10:00:00.000Z'],
])('%s is %s', (text, at) => expect(new Date(parseMoment(text) ?? 0).toISOString()).toBe(at))

test.each(['', '2027', '2027-13', '2027-02-29', '2027-6', 'soon', '2027-06-15T12:00'])(
  '"%s" is no moment',
  (text) => expect(parseMoment(text)).toBeUndefined(),
)

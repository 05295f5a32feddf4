import { parseTimestamp } from '../platform/timestamp.ts'

const PARTIAL = /^(\d{4})-(\d\d)(?:-(\d\d))?$/

/**
 * Parses `2027-06` (the first of June), `2027-06-15`, or an RFC 3339 timestamp into epoch ms; `undefined` if it is none. Days
 * begin in UTC.
 */
export function parseMoment(text: string): number | undefined {
  const [isPartial, year, month, day = '01'] = PARTIAL.exec(text) ?? []
  const us = parseTimestamp(isPartial === undefined ? text : `${year}-${month}-${day}T00:00:00Z`)
  return us === undefined ? undefined : us / 1000
}

export const MOMENT = 'such as 2027-06, 2027-06-15 or 2027-06-15T12:00:00Z, in UTC'

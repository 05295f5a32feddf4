import { DAYS_KEPT } from '../history/history.ts'
import { HOUR_MS, hourOf } from '../history/sample.ts'

/** A month in UTC. `from` and `to`: its first hour and the first of the next month, in hours since the epoch. */
export interface Month {
  /** Such as `2026-10`. */
  name: string
  from: number
  to: number
}

/** @throws RangeError if the text is no month */
export function parseMonth(text: string): Month {
  const [, year = '', month = ''] = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(text) ?? []
  if (year === '') throw new RangeError('expected a month such as 2026-10, in UTC')
  const [y, m] = [Number(year), Number(month)]
  return { name: text, from: hourOf(Date.UTC(y, m - 1)), to: hourOf(Date.UTC(y, m)) }
}

/** The month that an hour since the epoch is in. */
export const monthOf = (hour: number): Month => parseMonth(new Date(hour * HOUR_MS).toISOString().slice(0, 7))

/** The month before. */
export const monthBefore = ({ from }: Month): Month => monthOf(from - 1)

/** When a month is forgotten, in hours since the epoch: as long after its end as a history keeps its days. */
export const forgottenAt = ({ to }: Month): number => to + 24 * DAYS_KEPT

/** The months that may have entries in an hour, the oldest first. */
export function monthsKept(hour: number): Month[] {
  const kept: Month[] = []
  for (let month = monthOf(hour); forgottenAt(month) > hour; month = monthBefore(month)) kept.unshift(month)
  return kept
}

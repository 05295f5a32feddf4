import { growthSince } from '../history/growth-since.ts'
import type { History } from '../history/history.ts'
import { DAY_MS, HOUR_MS } from '../history/sample.ts'

/** When the first sample of a history was taken, epoch ms; `undefined` if it has none. */
export function firstSampleAt({ hours, days }: History): number | undefined {
  const [day, hour] = [days[0], hours[0]]
  if (hour === undefined || day === undefined) return undefined
  // Of its first day only the last sample is kept, unless that is among the hours.
  return Math.max(day.slot * DAY_MS, Math.min(hour.slot * HOUR_MS, (day.slot + 1) * DAY_MS - HOUR_MS))
}

/**
 * The unique bytes from which a project's growth since `since` (epoch ms) is counted: those of its first sample since then. A
 * project whose samples begin later than `since` and later than those of its registry is new: it grew from 0. `null`: it is not known.
 */
export function growthBase(history: History, since: number, registryFrom: number | undefined): number | null {
  const first = firstSampleAt(history)
  const last = history.hours.at(-1)
  if (first === undefined || last === undefined) return registryFrom === undefined ? null : 0
  if (first > since) {
    if (registryFrom !== undefined && first > registryFrom) return 0
    const [hour] = history.hours
    return (hour && hour.slot * HOUR_MS <= first ? hour : (history.days[0] ?? last)).sample.uniqueBytes
  }
  const growth = growthSince(history, since)
  return growth === undefined ? null : last.sample.uniqueBytes - growth.bytes
}

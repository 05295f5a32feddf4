import { type History, pointsOf } from './history.ts'
import { DAY_MS, HOUR_MS, hourOf } from './sample.ts'

/**
 * By how many bytes the unique bytes changed from the first sample at or after `since` (epoch ms) to the last one. `undefined`
 * if there are not two samples.
 */
export function growthSince(history: History, since: number): { bytes: number; since: string } | undefined {
  const hours = pointsOf(history.hours)
  const isInHours = (hours[0]?.slot ?? Number.POSITIVE_INFINITY) <= hourOf(since)
  const [points, stepMs] = isInHours ? [hours, HOUR_MS] : [pointsOf(history.days), DAY_MS]
  const first = points.find(({ slot }) => (slot + 1) * stepMs > since)
  const last = hours.at(-1)
  if (first === undefined || last === undefined || (first.slot + 1) * stepMs > (last.slot + 1) * HOUR_MS)
    return undefined
  return {
    bytes: last.sample.uniqueBytes - first.sample.uniqueBytes,
    // The sample of a day is that of its last hour.
    since: new Date((first.slot + 1) * stepMs - HOUR_MS).toISOString(),
  }
}

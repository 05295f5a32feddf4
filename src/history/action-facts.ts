import type { ActionFacts } from '../queue/action-facts.ts'
import type { Histories } from './histories.ts'
import { type History, pointsOf } from './history.ts'
import { imageOf, type ReadGrowth } from './read-growth.ts'
import { DAY_MS, dayOf, HOUR_MS, hourOf } from './sample.ts'

/** How far an alert looks back, in ms, and how many pushes it names. */
const BACK_MS = 7 * DAY_MS
const PUSHES = 3

/**
 * Finds what people need to act on an alert about a project: its growth, the pushes that added most, the last eight days,
 * and what its expiry policies would free.
 */
export function makeActionFacts({
  histories,
  readGrowth,
  wouldFree,
}: {
  histories: Pick<Histories, 'of'>
  readGrowth: ReadGrowth
  /** What its expiry policies would free; `undefined` if that is not known. */
  wouldFree: (project: string, at?: { isEscalated: boolean }) => Promise<ActionFacts['frees']>
}) {
  return async function actionFacts(
    project: string,
    now: Date,
    at?: { isEscalated: boolean },
  ): Promise<ActionFacts> {
    const since = now.getTime() - BACK_MS
    const [history, { added }, frees] = await Promise.all([
      histories.of(project),
      readGrowth(project, since),
      wouldFree(project, at),
    ])
    const growth = growthSince(history, since)
    const pushes = added.slice(0, PUSHES).map(({ push, bytes }) => ({
      ...{ image: imageOf(push), at: new Date(push.at).toISOString(), bytes },
      ...(push.by !== '' && { by: push.by }),
    }))
    const days = lastDays(history, dayOf(now.getTime()), 8)
    return {
      ...(growth && { growth }),
      ...(pushes.length > 0 && { pushes }),
      ...(days.some((value) => value !== null) && { history: days }),
      ...(frees && { frees }),
    }
  }
}

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

/** The unique bytes of the last days up to `today`, `null` where there is no sample. */
export function lastDays(history: History, today: number, count: number): (number | null)[] {
  const byDay = new Map(pointsOf(history.days).map(({ slot, sample }) => [slot, sample.uniqueBytes]))
  return Array.from({ length: count }, (_, n) => byDay.get(today - count + 1 + n) ?? null)
}

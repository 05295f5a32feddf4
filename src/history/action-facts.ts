import type { ActionFacts } from '../queue/action-facts.ts'
import { growthSince } from './growth-since.ts'
import type { Histories } from './histories.ts'
import { type History, pointsOf } from './history.ts'
import { imageOf, type ReadGrowth } from './read-growth.ts'
import { DAY_MS, dayOf } from './sample.ts'

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

/** The unique bytes of the last days up to `today`, `null` where there is no sample. */
export function lastDays(history: History, today: number, count: number): (number | null)[] {
  const byDay = new Map(pointsOf(history.days).map(({ slot, sample }) => [slot, sample.uniqueBytes]))
  return Array.from({ length: count }, (_, n) => byDay.get(today - count + 1 + n) ?? null)
}

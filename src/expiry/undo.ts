import { CronExpressionParser } from 'cron-parser'

/** When registries delete what nothing refers to any more. */
export interface GarbageCollection {
  /** A cron, in this time zone. */
  schedule?: string | undefined
  timeZone: string
  /** How long after a delete, in ms, if the registry collects all the time. */
  after?: number | undefined
}

/** Until when what was deleted at `since` can be brought back, in epoch ms. `undefined` if the configuration does not tell. */
export function undoUntil(
  { schedule, timeZone, after }: GarbageCollection,
  since: number,
): number | undefined {
  const ends = [
    ...(schedule === undefined ? [] : [nextTime(schedule, timeZone, since)]),
    ...(after === undefined ? [] : [since + after]),
  ]
  return ends.length === 0 ? undefined : Math.min(...ends)
}

const nextTime = (schedule: string, tz: string, since: number): number =>
  CronExpressionParser.parse(schedule, { tz, currentDate: new Date(since) })
    .next()
    .getTime()

/** A sentence about it. `since` is when the first image was deleted, `now` when that is told; epoch ms. */
export function undoText(gc: GarbageCollection, since: number, now: number): string {
  const until = undoUntil(gc, since)
  if (until === undefined)
    return 'Undo is safe until the registry collects its garbage: tallyman trash restore IMAGE'
  const at = new Date(until).toISOString()
  return until <= now
    ? `The registry may have collected its garbage at ${at}; what it still has comes back by: tallyman trash restore IMAGE`
    : `Undo is safe until ${at}, when the registry collects its garbage: tallyman trash restore IMAGE`
}

import { MEASURES, type Point, type Sample } from './sample.ts'

/** Equal samples, one in each slot from `slot` on: the first, and `more` that follow. */
export interface Run {
  slot: number
  more: number
  sample: Sample
}

/**
 * Usage over time: a sample of each hour of the last week, and the last sample of each day of the last two years. Slots are
 * hours and days since the epoch, in UTC. Most projects rest most of the time, so series are kept as runs, oldest first.
 */
export interface History {
  hours: readonly Run[]
  days: readonly Run[]
}

/** How much a history keeps. */
export const HOURS_KEPT = 168
export const DAYS_KEPT = 730

export const EMPTY: History = { hours: [], days: [] }

/** The last slot of a series; -1 if it is empty. */
export const lastSlotOf = (runs: readonly Run[]): number => endOf(runs.at(-1)) - 1

/** The slot after a run; 0 before the first one. */
export const endOf = (run: Run | undefined): number => (run === undefined ? 0 : run.slot + run.more + 1)

/**
 * The history with the sample of an hour, without what is too old then. A history that has this hour, or a later one, stays as
 * it is: each hour has one sample.
 */
export function withSample(history: History, hour: number, sample: Sample): History {
  if (lastSlotOf(history.hours) >= hour) return history
  const day = Math.floor(hour / 24)
  return {
    hours: append(slotsBetween(history.hours, hour - HOURS_KEPT + 1, hour), hour, sample),
    days: append(slotsBetween(history.days, day - DAYS_KEPT + 1, day), day, sample),
  }
}

/**
 * The history without what is later than the hour after `nowHour`: a clock was ahead when that was written. It would keep all
 * samples out until its hour comes. Hosts may differ by an hour.
 */
export function withoutFuture(history: History, nowHour: number): History {
  const last = nowHour + 1
  if (lastSlotOf(history.hours) <= last) return history
  return {
    hours: slotsBetween(history.hours, 0, last + 1),
    days: slotsBetween(history.days, 0, Math.floor(last / 24) + 1),
  }
}

/** The samples of a series, one by one. */
export const pointsOf = (runs: readonly Run[]): Point[] =>
  runs.flatMap(({ slot, more, sample }) =>
    Array.from({ length: more + 1 }, (_, n) => ({ slot: slot + n, sample })),
  )

/** The part of a series from slot `from` on, before slot `to`. */
function slotsBetween(runs: readonly Run[], from: number, to: number): Run[] {
  const between: Run[] = []
  for (const run of runs) {
    const [slot, end] = [Math.max(run.slot, from), Math.min(endOf(run), to)]
    if (slot < end) between.push({ slot, more: end - slot - 1, sample: run.sample })
  }
  return between
}

function append(runs: Run[], slot: number, sample: Sample): Run[] {
  const last = runs.at(-1)
  if (last && endOf(last) === slot && isSame(last.sample, sample)) last.more += 1
  else runs.push({ slot, more: 0, sample })
  return runs
}

const isSame = (a: Sample, b: Sample): boolean => MEASURES.every((measure) => a[measure] === b[measure])

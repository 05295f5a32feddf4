import { CronExpressionParser } from 'cron-parser'

/** The most runs of a policy in a replay: two years of a daily one, or a month of an hourly one. */
export const MOST_RUNS = 750

/**
 * When a policy would have run between two times, both in epoch µs: by its schedule, cron in a time zone. Gives the first
 * `MOST_RUNS` and one more, if there are so many.
 */
export function runTimes(
  { schedule, timeZone }: { schedule: string; timeZone: string },
  { from, to }: { from: number; to: number },
): number[] {
  const times: number[] = []
  const cron = CronExpressionParser.parse(schedule, { currentDate: new Date(from / 1000), tz: timeZone })
  while (times.length <= MOST_RUNS) {
    const at = cron.next().getTime() * 1000
    if (at > to) break
    times.push(at)
  }
  return times
}

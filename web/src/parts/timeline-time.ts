const DAY_S = 86_400

/** A time of a timeline in words; without the hour if there is about one value a day. `times`, `at`: epoch s. */
export function timelineTime(times: readonly number[], at: number): string {
  const [first = 0, second = 0] = times
  const isDaily = second - first > 0.9 * DAY_S
  return new Date(at * 1000).toLocaleString('en-GB', {
    dateStyle: 'medium',
    ...(!isDaily && { timeStyle: 'short' }),
  })
}

/** The times that are shown: of a young line, at least the week before its end. Epoch s. */
export function spanOf(times: readonly number[]): [from: number, to: number] {
  const [first = 0, last = 0] = [times[0], times.at(-1)]
  return [Math.min(first, last - 7 * DAY_S), last]
}

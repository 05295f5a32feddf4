/** What was read on a day (UTC), in bytes. More than a day's budget is a debt, which the next days pay. */
export interface Spent {
  /** `2026-11-27` */
  day: string
  bytes: number
}

const DAY_MS = 86_400_000

const dayOf = (now: number): string => new Date(now).toISOString().slice(0, 10)

/** What was spent of the budget of the day of `now` (epoch ms), with the debt of the days before. */
export function spentToday(spent: Spent | undefined, now: number, bytesPerDay: number): number {
  if (spent === undefined) return 0
  const days = Math.round((Date.parse(dayOf(now)) - Date.parse(spent.day)) / DAY_MS)
  // A clock that was set back gives no new budget.
  return days <= 0 ? spent.bytes : Math.max(0, spent.bytes - days * bytesPerDay)
}

/**
 * How many bytes may be read now; not above 0 if none. The budget is spread over the day, so that a registry is read slowly.
 * `share`: `day` gives the rest of the day's budget at once.
 */
export function allowance(
  spent: Spent | undefined,
  { now, bytesPerDay, share }: { now: number; bytesPerDay: number; share: 'so far' | 'day' },
): number {
  const begun = (now - Date.parse(dayOf(now))) / DAY_MS
  return (share === 'day' ? bytesPerDay : bytesPerDay * begun) - spentToday(spent, now, bytesPerDay)
}

export const spend = (spent: Spent | undefined, bytes: number, now: number, bytesPerDay: number): Spent => ({
  day: dayOf(now),
  bytes: spentToday(spent, now, bytesPerDay) + bytes,
})

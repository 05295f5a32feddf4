/**
 * The time of an alert: now, or a moment after the last one. Times are RFC 3339. Of two alerts about a subject the later one tells how
 * things are. The clock may have been set back meanwhile, or the last one is from a host whose clock is ahead.
 */
export const timeAfter = (last: string | null, now: Date): string =>
  new Date(last === null ? now : Math.max(now.getTime(), Date.parse(last) + 1)).toISOString()

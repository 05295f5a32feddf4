import type { Severity } from './message.ts'

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export type Day = (typeof DAYS)[number]

/** When a channel is quiet. */
export interface Quiet {
  /** Minutes after midnight. If `to` is not after `from`, it is on the next day. */
  from: number
  to: number
  /** The name of a time zone. */
  zone: string
  /** The days on which a quiet time begins. */
  days: readonly Day[]
  /** What is told all the same, if it is as urgent. */
  except?: 'warning' | 'critical' | undefined
}

const DAY_MINUTES = 1_440

/** Makes a function that says whether it is quiet at a time, epoch ms. */
export function makeIsQuiet({ from, to, zone, days }: Quiet): (ms: number) => boolean {
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone: zone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  })
  const begins = DAYS.map((day) => days.includes(day))
  return (ms) => {
    const parts = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]))
    const today = DAYS.indexOf((parts.weekday ?? '').toLowerCase() as Day)
    const minutes = Number(parts.hour) * 60 + Number(parts.minute)
    const isSince = (day: number, age: number) =>
      begins[day % 7] === true && age >= from && age < (to > from ? to : to + DAY_MINUTES)
    return isSince(today, minutes) || isSince(today + 6, minutes + DAY_MINUTES)
  }
}

/** Whether a message of this severity is told in a quiet time, too. */
export const isExcepted = (severity: Severity, { except }: Quiet): boolean =>
  severity === 'critical' ? except !== undefined : severity === 'warning' && except === 'warning'

import { formatSize } from '../../../../src/platform/units.ts'

/** What the sentence is made of. Bytes; times in epoch ms. What is not known is left out of it. */
export interface Told {
  bytes: number
  /** `disk`: what the storage holds. `registry`: each content once. `projects`: the sum over the projects that are seen. */
  counts: 'disk' | 'registry' | 'projects'
  projects: number
  growth?: { bytes: number; since: number } | undefined
  /** The share of the referenced bytes that is not stored again, from 0 to 1. */
  sharedShare?: number | undefined
  over: number
  warning: number
  /** When the quota of the registry is passed, in days from now; `null` is never, or not in sight. */
  full?: { soonest: number | null; likely: number | null; latest: number | null } | undefined
  frees?: { bytes: number; planned: number } | undefined
}

const DAY = 86_400_000
const WORDS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten']
const count = (n: number): string => WORDS[n] ?? String(n)
const signed = (bytes: number): string => `${bytes < 0 ? '−' : '+'}${formatSize(Math.abs(bytes))}`

/** The overview in one sentence: `1.8 TiB on disk, +14 GiB since Monday, 62 % shared; two projects over; full on 3 March ± 9 days`. */
export function sentence(told: Told, now: number): string {
  const first = [
    `${formatSize(told.bytes)} ${told.counts === 'disk' ? 'on disk' : told.counts === 'registry' ? 'stored' : `in ${told.projects === 1 ? 'one project' : `${count(told.projects)} projects`}`}`,
    ...(told.growth ? [growthText(told.growth, now)] : []),
    ...(told.sharedShare === undefined ? [] : [`${Math.round(told.sharedShare * 100)} % shared`]),
  ].join(', ')
  const rest = [quotaText(told), ...(told.full ? [fullText(told.full, now)] : [])]
  return [first, ...rest.filter((part) => part !== undefined)].join('; ')
}

const growthText = ({ bytes, since }: { bytes: number; since: number }, now: number): string => {
  const when = sinceText(since, now)
  return bytes === 0 ? `unchanged ${when}` : `${signed(bytes)} ${when}`
}

/** `since Monday` in the last six days, `since 3 March` before. */
export function sinceText(since: number, now: number): string {
  const day = new Date(since)
  if (startOfDay(now) - startOfDay(since) < 6.5 * DAY && startOfDay(now) > startOfDay(since))
    return `since ${day.toLocaleDateString('en-GB', { weekday: 'long' })}`
  if (startOfDay(now) === startOfDay(since))
    return `since ${day.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })}`
  return `since ${dateText(since, now)}`
}

const startOfDay = (at: number): number => new Date(at).setHours(0, 0, 0, 0)

/** `3 March`, and of another year `3 March 2027`. */
export function dateText(at: number, now: number): string {
  const isSameYear = new Date(at).getFullYear() === new Date(now).getFullYear()
  return new Date(at).toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'long',
    ...(!isSameYear && Math.abs(at - now) > 300 * DAY && { year: 'numeric' as const }),
  })
}

function quotaText({ over, warning }: Told): string | undefined {
  const of = (n: number) => (n === 1 ? 'one project' : `${count(n)} projects`)
  if (over > 0)
    return warning > 0 ? `${of(over)} over quota, ${count(warning)} near` : `${of(over)} over quota`
  return warning > 0 ? `${of(warning)} near quota` : undefined
}

function fullText({ soonest, likely, latest }: NonNullable<Told['full']>, now: number): string | undefined {
  if (likely === null) return undefined
  if (likely <= 0) return 'the registry is over its quota'
  const on = dateText(now + likely * DAY, now)
  if (soonest === null || latest === null) return `full on ${on} or later`
  const spread = Math.ceil(Math.max(latest - likely, likely - soonest))
  return spread > 60 ? `full about ${on}` : `full on ${on} ± ${spread} ${spread === 1 ? 'day' : 'days'}`
}

/** The last Monday that is at least a day ago, at midnight. */
export function lastMonday(now: number): number {
  const day = new Date(now - DAY)
  day.setHours(0, 0, 0, 0)
  day.setDate(day.getDate() - ((day.getDay() + 6) % 7))
  return day.getTime()
}

import { formatTimestamp } from '../platform/timestamp.ts'

/** What shows whether a registry sends events of pulls. All times are epoch µs. */
export interface PullEvidence {
  /** The last pull event, and the first since when pulls were heard without a break. Absent if there was none. */
  heard?: { since: number; last: number } | undefined
  /** The last reconcile over the API: its own requests are pulls. Absent if the last reconcile was none over the API. */
  probe?: { beganAt: number; endedAt: number } | undefined
}

/**
 * Whether the pulls of a registry are heard, and why that is believed: `pulls are heard since …`. `since` is epoch µs: pulls
 * before it may be missing, so no image is known to be unused for longer.
 */
export type PullsHeard =
  | { areHeard: true; since: number; reason: string }
  | { areHeard: false; reason: string }

/** How long an event of a pull may be on its way, in µs. */
const GRACE_US = 60_000_000

/** How long a pull event shows that pulls are sent, if there is no reconcile over the API, in µs. */
const PROOF_US = 86_400_000_000

/**
 * Decides whether a registry sends events of pulls. A registry may be told to leave them out (`ignore.actions`), and then no
 * pull means nothing. Tallyman's own requests in a reconcile over the API come back as pull events where pulls are sent, so
 * one that none followed shows that they are not. Without such a reconcile, a pull event of the last day shows that they are.
 */
export function pullsHeard({ heard, probe }: PullEvidence, now: number): PullsHeard {
  const no = (reason: string): PullsHeard => ({ areHeard: false, reason })
  if (heard === undefined && probe === undefined)
    return no('pulls are not heard: no event of a pull has come yet')
  if (probe !== undefined && (heard === undefined || heard.last < probe.beganAt)) {
    const began = formatTimestamp(probe.beganAt)
    return now <= probe.endedAt + GRACE_US
      ? no(`pulls may not be heard: none came yet since the reconcile of ${began} began`)
      : no(`pulls are not heard: none came since the reconcile of ${began} began, not even its own requests`)
  }
  const { since, last } = heard as { since: number; last: number }
  if (probe === undefined && now - last > PROOF_US)
    return no(`pulls may not be heard: the last one came at ${formatTimestamp(last)}, more than a day ago`)
  return { areHeard: true, since, reason: `pulls are heard since ${formatTimestamp(since)}` }
}

/** Whether pulls may have happened between the last one that was heard and the next one, at `next`, and were not sent. */
export function isBreak({ heard, probe }: PullEvidence, next: number): boolean {
  if (heard === undefined) return true
  if (probe === undefined) return next - heard.last > PROOF_US
  return heard.last < probe.beganAt && next > probe.endedAt + GRACE_US
}

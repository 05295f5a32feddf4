import { formatTimestamp, minuteText } from '../platform/timestamp.ts'
import { type AuditState, vouches } from './audit-state.ts'
import type { News, Verdict } from './judge.ts'

const minuteOf = (us: number): string => minuteText(new Date(us / 1_000).toISOString())
const eventsText = (count: number): string => (count === 1 ? '1 event' : `${count} events`)

/** What was lost, as the confidence of an index tells it. `at`: epoch µs. */
export const lossText = ({ count, isAtLeast }: NonNullable<Verdict['loss']>, at: number): string =>
  isAtLeast
    ? `at least ${eventsText(count)} lost at ${minuteOf(at)}: a process of the registry ended before it had delivered them`
    : `${eventsText(count)} lost at ${minuteOf(at)}: the registry is done with them, and they did not arrive`

export const doubtText = ({ reason }: NonNullable<Verdict['doubt']>): string => reason

/** The message of an alert. `announced`: events that were lost since the last alert of a loss. */
export function newsText(
  news: News | 'lost',
  registry: string,
  state: AuditState,
  announced: number,
): string {
  const waiting = `${eventsText(state.pending)} in its queue`
  switch (news) {
    case 'lost':
      return `${registry} lost ${eventsText(announced)} on the way to Tallyman. A reconcile finds what they told. If it comes again, look at what is between both, and whether the registry restarts`
    case 'growing':
      return `${registry} does not get rid of its events: ${waiting}, and more at each look. They are lost if it restarts. See the log of the registry, and refused deliveries: tallyman registries`
    case 'drained':
      return `${registry} has delivered the events that were waiting: ${waiting} now`
    case 'unread': {
      const [[address, { problem }] = ['', { problem: '' }]] = Object.entries(state.failing)
      return `The metrics of ${registry} cannot be read, so a loss of its events would not be noticed: ${address}: ${problem}`
    }
    case 'read':
      return `The metrics of ${registry} can be read again`
  }
}

/** How deliveries are, in words. `state`: `undefined` if nothing was read yet. `now`: epoch µs. */
export function auditText(state: AuditState | undefined, now: number): string {
  if (state === undefined) return 'not read yet'
  const failing = Object.entries(state.failing)
  const [first] = failing
  if (first !== undefined)
    return `metrics cannot be read since ${formatTimestamp(first[1].since)}: ${first[0]}: ${first[1].problem}`
  const parts = [`${state.pending} waiting`]
  if (state.lastLoss !== null)
    parts.push(`${state.lost} lost, the last ones at ${formatTimestamp(state.lastLoss.at)}`)
  if (state.uncountedAt > 0 && !vouches(state, state.readAt))
    parts.push(`${state.uncounted} of processes whose metrics are not read`)
  if (now - state.readAt > 600_000_000)
    parts.push(`last read at ${formatTimestamp(state.readAt) ?? 'no time'}`)
  return parts.join('; ')
}

/** What is said of a registry whose metrics are not known. */
export const NOT_AUDITED = 'not audited'

import { type Alert, type Flag, quotaSubjectOf } from '../queue/alert.ts'
import type { AlertKind } from '../queue/alert-kinds.ts'
import { subjectKey } from '../queue/quota-subject.ts'
import { messageOf } from './message-of.ts'
import type { Newest, NewestBySubject } from './newest-alerts.ts'

/**
 * What is told of alerts that waited together: of each subject its newest state, unless it is that of before, or the channel wants
 * neither, or a newer one was settled before. They are in the order in which they happened.
 */
export function settle(alerts: readonly Alert[], wants: Wants, settled: NewestBySubject): Alert[] {
  const bySubject = Map.groupBy(alerts.toSorted(byTime), (alert) => messageOf(alert).subject)
  const told = [...bySubject]
    .flatMap(([subject, some]) => newestOf(some, wants, settled.get(subject)))
    .sort(byTime)
  return told.filter((alert) => !isLessUrgent(alert, told))
}

/** Whether it says that a limit will be passed, and another alert says that it is, or is near. */
const isLessUrgent = (alert: Alert, told: readonly Alert[]): boolean =>
  'state' in alert && told.some((one) => 'to' in one && one.to !== 'ok' && keyOf(one) === keyOf(alert))
const keyOf = (alert: Parameters<typeof quotaSubjectOf>[0]): string => subjectKey(quotaSubjectOf(alert))

type Wants = (kind: AlertKind) => boolean

function newestOf(alerts: readonly Alert[], wants: Wants, before: Newest | undefined): Alert[] {
  const newest = alerts.at(-1)
  if (newest === undefined || isAsBefore(alerts, wants, before?.state)) return []
  return before !== undefined && before.ms > Date.parse(newest.at) ? [] : [newest]
}

/**
 * Whether all alerts are about a state, and lead from that which was settled before back to it, as far as the channel wants to
 * know. A higher mark or an escalation that still holds is news. If a change is missing among them, its alert is late, and it is
 * not known what the channel believes. Then the newest is told.
 */
function isAsBefore(alerts: readonly Alert[], wants: Wants, before: string | undefined): boolean {
  // A channel that was told only of an escalation wants its end.
  const isEnd = alerts.some((alert) => 'endsEscalation' in alert && alert.endsEscalation !== undefined)
  const isTold = (state: string) => isEnd || !isFlag(state) || wants(`quota.${state}`)
  const shown = (state: string) => (isTold(state) ? state : '')
  const changes = alerts.flatMap(changeOf)
  if (changes.length < alerts.length || changes.some(isStanding)) return false
  const states = [before ?? initialOf(alerts), ...changes.map(({ to }) => to)].map(shown)
  const isWhole = changes.every(({ from }, n) => shown(from) === states[n])
  return isWhole && states[0] === states.at(-1)
}

interface Change {
  from: string
  to: string
}

/** The change of state that an alert tells, if it tells one. That of a higher mark, or of an escalation, stays in its state. */
function changeOf(alert: Alert): Change[] {
  if ('state' in alert) return [{ from: alert.state === 'soon' ? 'notSoon' : 'soon', to: alert.state }]
  return 'to' in alert ? [alert] : []
}

/** Whether it is a higher mark or an escalation, and the flag has not fallen from its state since. */
const isStanding = ({ from, to }: Change, n: number, changes: readonly Change[]): boolean =>
  from === to && changes.slice(n + 1).every((later) => FLAGS.indexOf(later.to) >= FLAGS.indexOf(to))

/** The state of what nothing was ever told about. */
const initialOf = ([alert]: readonly Alert[]): string =>
  alert !== undefined && 'state' in alert ? 'notSoon' : 'ok'

const FLAGS: readonly string[] = ['ok', 'warning', 'over'] satisfies Flag[]
const isFlag = (state: string): state is Flag => FLAGS.includes(state)

/** The ids keep the order the same in each run. */
export const byTime = (a: Alert, b: Alert): number => compare(a.at, b.at) || compare(a.id, b.id)
const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b))

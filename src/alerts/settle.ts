import { type Alert, quotaSubjectOf } from '../queue/alert.ts'
import type { AlertKind } from '../queue/alert-kinds.ts'
import { subjectKey } from '../queue/quota-subject.ts'
import { messageOf } from './message-of.ts'

/**
 * What is told of alerts that waited together: of each subject its newest state, unless it is that of before, or the channel wants
 * neither. They are in the order in which they happened.
 */
export function settle(alerts: readonly Alert[], wants: Wants): Alert[] {
  const bySubject = Map.groupBy(alerts.toSorted(byTime), (alert) => messageOf(alert).subject)
  const told = [...bySubject.values()].flatMap((some) => newestOf(some, wants)).sort(byTime)
  return told.filter((alert) => !isLessUrgent(alert, told))
}

/** Whether it says that a limit will be passed, and another alert says that it is, or is near. */
const isLessUrgent = (alert: Alert, told: readonly Alert[]): boolean =>
  'state' in alert && told.some((one) => 'to' in one && one.to !== 'ok' && keyOf(one) === keyOf(alert))
const keyOf = (alert: Parameters<typeof quotaSubjectOf>[0]): string => subjectKey(quotaSubjectOf(alert))

type Wants = (kind: AlertKind) => boolean

function newestOf(alerts: readonly Alert[], wants: Wants): Alert[] {
  const newest = alerts.at(-1)
  return newest === undefined || isAsBefore(alerts, wants) ? [] : [newest]
}

/** Whether a flag or a forecast changed, and is what it was, as far as the channel wants to know. */
function isAsBefore(alerts: readonly Alert[], wants: Wants): boolean {
  const states = alerts.flatMap((alert) => ('state' in alert ? [alert.state] : []))
  if (states.length > 1) return states[0] !== states.at(-1)
  const changes = alerts.flatMap((alert) => ('to' in alert && alert.from !== alert.to ? [alert] : []))
  const [first, last] = [changes[0], changes.at(-1)]
  if (first === undefined || last === undefined || changes.length < alerts.length) return false
  return first.from === last.to || !(wants(`quota.${first.from}`) || wants(`quota.${last.to}`))
}

/** The ids keep the order the same in each run. */
const byTime = (a: Alert, b: Alert): number => compare(a.at, b.at) || compare(a.id, b.id)
const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b))

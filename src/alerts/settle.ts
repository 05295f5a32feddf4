import type { Alert } from '../queue/alert.ts'
import { messageOf } from './message-of.ts'

/**
 * What is told of alerts that waited together: of each subject its newest state, unless it is the state of before. They are in
 * the order in which they happened.
 */
export function settle(alerts: readonly Alert[]): Alert[] {
  const bySubject = Map.groupBy(alerts.toSorted(byTime), (alert) => messageOf(alert).subject)
  return [...bySubject.values()].flatMap(newestOf).sort(byTime)
}

function newestOf(alerts: readonly Alert[]): Alert[] {
  const newest = alerts.at(-1)
  return newest === undefined || isAsBefore(alerts) ? [] : [newest]
}

/** Whether a flag changed and came back. */
function isAsBefore(alerts: readonly Alert[]): boolean {
  const changes = alerts.flatMap((alert) => ('to' in alert && alert.from !== alert.to ? [alert] : []))
  return changes.length === alerts.length && changes[0]?.from === changes.at(-1)?.to
}

/** The ids keep the order the same in each run. */
const byTime = (a: Alert, b: Alert): number => compare(a.at, b.at) || compare(a.id, b.id)
const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b))

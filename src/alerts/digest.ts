import { printable } from '../platform/printable.ts'
import type { Alert, AlertSummary } from '../queue/alert.ts'
import type { Severity } from './message.ts'
import { messageOf } from './message-of.ts'

/** The number of alerts that a digest shows. */
const SHOWN = 10

/** The most urgent first. */
const SEVERITIES: readonly Severity[] = ['critical', 'warning', 'info', 'resolved']
const rankOf = (alert: Alert): number => SEVERITIES.indexOf(messageOf(alert).severity)

/** One alert in place of many, of different subjects, the oldest first. `topic`: what they are about. */
export function digestOf(id: string, topic: AlertSummary['topic'], alerts: readonly Alert[]): AlertSummary {
  const urgentFirst = alerts.toReversed().sort((a, b) => rankOf(a) - rankOf(b))
  const examples = urgentFirst.slice(0, SHOWN)
  const more = alerts.length - examples.length
  const since = alerts[0]?.at ?? ''
  const types = [...Map.groupBy(urgentFirst, (alert) => messageOf(alert).type)]
  const counts = types.map(([type, { length }]) => `${length} ${type}`).join(', ')
  const lines = [
    `${alerts.length} alerts since ${since}: ${counts}.`,
    // A line break in a text would begin an item of its own.
    ...examples.map(({ at, text }) => `${at}: ${printable(text)}`),
    ...(more > 0 ? [`Others: ${more}. GET /v1/alerts has all alerts.`] : []),
  ]
  return {
    ...{ id, topic, at: alerts.at(-1)?.at ?? since, since, count: alerts.length, examples },
    text: lines.join('\n'),
  }
}

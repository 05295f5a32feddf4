import { minuteText } from '../platform/timestamp.ts'
import { formatSize } from '../platform/units.ts'
import {
  type Alert,
  type AlertSummary,
  type ProjectAlert,
  quotaSubjectOf,
  type RegistryAlert,
  subjectOf,
} from '../queue/alert.ts'
import { kindOf, severityOf } from '../queue/alert-kinds.ts'
import { nameOfSubject } from '../queue/quota-subject.ts'
import { numberOf } from '../quota/amount.ts'
import { actionParts } from './action-parts.ts'
import { linksOf, linksOfSummary } from './links.ts'
import type { Message } from './message.ts'

/** What tells the end of a state is about the same subject as what tells its beginning. */
const BEGINNINGS: Partial<Record<RegistryAlert['event'], string>> = {
  'deliveries.drained': 'deliveries.growing',
  'deliveries.read': 'deliveries.unread',
  'collection.released': 'collection.held',
  'images.whole': 'images.broken',
}

/** The message that tells an alert. Without `publicUrl`, the URL under which people reach the dashboard, it has no links. */
export function messageOf(alert: Alert, publicUrl?: string): Message {
  const { id, at, text } = alert
  const isOfProject = 'project' in alert || 'to' in alert || 'state' in alert
  const actions = actionParts('project' in alert && ('measure' in alert || 'state' in alert) ? alert : {})
  return {
    ...{ id, at, text, data: alert, links: linksOf(alert, publicUrl) },
    type: kindOf(alert),
    subject: isOfProject ? subjectOf(alert) : subjectOfRegistry(alert),
    severity: severityOf(alert),
    title: isOfProject ? titleOf(alert) : `${alert.registry}: ${alert.event}`,
    ...actions,
    facts: isOfProject ? [...factsOf(alert), ...actions.facts] : [],
  }
}

/** The message that tells many alerts. It is as urgent as the most urgent of them. */
export function messageOfSummary(summary: AlertSummary, publicUrl?: string): Message {
  const { id, at, since, topic, count, examples } = summary
  const [text = '', ...items] = summary.text.split('\n')
  const [first] = examples
  return {
    ...{ id, at, text, data: summary, facts: [], links: linksOfSummary(publicUrl) },
    type: `${topic}.summary`,
    subject: id,
    severity: first === undefined ? 'info' : severityOf(first),
    title: `${count} alerts (${topic}) since ${since}`,
    lists: [{ title: 'The most urgent', items }],
  }
}

/** The message that tries a channel. */
export function messageOfTest({ id, at, channel }: { id: string; at: string; channel: string }): Message {
  const text = `This is a test of the channel ${channel}. Nothing has happened, and nothing needs to be done.`
  return {
    ...{ id, at, text, lists: [], links: [], type: 'test', severity: 'info' },
    subject: `test ${id}`,
    title: 'A test by Tallyman',
    facts: [{ label: 'Channel', value: channel }],
    data: { at, channel, text },
  }
}

/** What is over has the subject of what began. */
const subjectOfRegistry = ({ registry, event }: RegistryAlert): string =>
  `${registry} ${BEGINNINGS[event] ?? event}`

function titleOf(alert: ProjectAlert): string {
  if ('state' in alert)
    return `${nameOfSubject(quotaSubjectOf(alert))} ${alert.state === 'soon' ? 'will soon pass its quota' : 'will not pass its quota soon'}`
  if (!('to' in alert)) return `${alert.registry}/${alert.project}: ${alert.event}`
  if ('reason' in alert) return `${nameOfSubject(quotaSubjectOf(alert))} has no quota any more`
  const states = { ok: 'is within its quota', warning: 'is close to its quota', over: 'is over its quota' }
  const state = alert.escalation === undefined ? states[alert.to] : 'stays over its quota'
  return `${nameOfSubject(quotaSubjectOf(alert))} ${state}`
}

function factsOf(alert: ProjectAlert): Message['facts'] {
  if ('reason' in alert) return [{ label: 'State', value: `${alert.from} → ${alert.to}` }]
  if ('to' in alert) {
    const { measure, used, limit, override } = alert
    const until =
      override === undefined
        ? ''
        : ` (set ${override.until === null ? 'by hand' : `until ${minuteText(override.until)}`})`
    return [
      { label: 'Usage', value: numberOf(measure, used) },
      { label: 'Quota', value: `${numberOf(measure, limit)}${until}` },
      { label: 'State', value: `${alert.from} → ${alert.to}` },
    ]
  }
  if ('state' in alert)
    return [
      { label: 'Usage', value: formatSize(alert.usedBytes) },
      { label: 'Quota', value: formatSize(alert.limitBytes) },
      {
        label: 'Passes it in',
        value:
          alert.days === null ? 'not in sight' : `about ${alert.days} ${alert.days === 1 ? 'day' : 'days'}`,
      },
    ]
  if ('policy' in alert)
    return [
      { label: 'Policy', value: alert.policy },
      { label: 'Images', value: String(alert.images) },
      { label: 'Frees', value: formatSize(alert.bytes) },
    ]
  return [
    { label: 'Image', value: alert.image },
    { label: 'Target', value: alert.target },
  ]
}

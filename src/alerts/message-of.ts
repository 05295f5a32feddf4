import { formatSize } from '../platform/units.ts'
import { type Alert, type AlertSummary, type ProjectAlert, subjectOf } from '../queue/alert.ts'
import { kindOf, SEVERITY_OF } from '../queue/alert-kinds.ts'
import type { Message } from './message.ts'

/** The message that tells an alert. */
export function messageOf(alert: Alert): Message {
  const { id, at, text } = alert
  const isOfProject = 'project' in alert
  return {
    ...{ id, at, text, data: alert, lists: [], links: [] },
    type: kindOf(alert),
    subject: isOfProject ? subjectOf(alert) : `${alert.registry} ${alert.event}`,
    severity: SEVERITY_OF[kindOf(alert)],
    title: isOfProject ? titleOf(alert) : `${alert.registry}: ${alert.event}`,
    facts: isOfProject ? factsOf(alert) : [],
  }
}

/** The message that tells many alerts. It is as urgent as the most urgent of them. */
export function messageOfSummary(summary: AlertSummary): Message {
  const { id, at, since, topic, count, examples } = summary
  const [text = '', ...items] = summary.text.split('\n')
  const [first] = examples
  return {
    ...{ id, at, text, data: summary, facts: [], links: [] },
    type: `${topic}.summary`,
    subject: id,
    severity: first === undefined ? 'info' : SEVERITY_OF[kindOf(first)],
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

function titleOf(alert: ProjectAlert): string {
  const project = `${alert.registry}/${alert.project}`
  if (!('to' in alert)) return `${project}: ${alert.event}`
  const states = { ok: 'is within its quota', warning: 'is close to its quota', over: 'is over its quota' }
  return `${project} ${states[alert.to]}`
}

function factsOf(alert: ProjectAlert): Message['facts'] {
  if ('to' in alert)
    return [
      { label: 'Usage', value: formatSize(alert.uniqueBytes) },
      { label: 'Quota', value: formatSize(alert.limitBytes) },
      { label: 'State', value: `${alert.from} → ${alert.to}` },
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

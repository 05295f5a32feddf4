import type { Logger } from '../platform/log.ts'
import type { Metrics } from '../platform/metrics.ts'
import { type Alert, quotaSubjectOf } from '../queue/alert.ts'
import { jobId } from '../queue/job-id.ts'
import type { Jobs } from '../queue/jobs.ts'
import type { Queues } from '../queue/queues.ts'
import { fieldsOfSubject, nameOfSubject } from '../queue/quota-subject.ts'
import { amountOf } from '../quota/amount.ts'
import type { Journal } from '../store/journal.ts'
import type { Damper } from './damper.ts'
import { messageOf, messageOfSummary } from './message-of.ts'
import type { Routes } from './routes.ts'

type Summary = Extract<Jobs['alerts'], { kind: 'summary' }>

/**
 * Processes a job of the `alerts` queue. An `announce` job records the alert and queues one `deliver` job for each
 * channel. So a channel that is down is retried alone, and the others do not get the alert twice. In a storm of
 * alerts about projects it queues a `summary` job instead, one for each channel, topic and interval.
 * @throws ChannelError if the channel of a `deliver` or `summary` job does not accept the message
 */
export function makeAnnounce(deps: {
  /** As configured now: a reload may change them. */
  routes: () => Routes
  queues: Queues
  journal: Journal<Alert>
  damper: Damper
  metrics: Metrics
  log: Pick<Logger, 'info'>
}) {
  const { damper, log } = deps

  return async function announce(job: Jobs['alerts']): Promise<void> {
    switch (job.kind) {
      case 'announce':
        return record(job.alert)
      case 'deliver':
        return deliver(job.alert, job.channel)
      case 'summary':
        return summarise(job)
    }
  }

  async function record(alert: Alert): Promise<void> {
    await deps.journal.append(alert)
    for (const channel of deps.routes().channelsFor(alert)) {
      const { name } = channel
      // Another alert about a registry is rare, and a person must act: it is sent at once, also in a storm.
      const held = 'project' in alert || 'to' in alert ? await damper.holdBack(name, alert) : undefined
      if (held === undefined) {
        const data = { kind: 'deliver', alert, channel: name } as const
        await deps.queues.alerts.add('alerts', data, { jobId: jobId('deliver', alert.id, name) })
      } else {
        const { topic, interval, summaryInMs } = held
        const options = { jobId: jobId('summary', name, topic, interval), delay: summaryInMs }
        await deps.queues.alerts.add('alerts', { kind: 'summary', channel: name, topic, interval }, options)
      }
    }
  }

  async function deliver(alert: Alert, name: string): Promise<void> {
    const channel = deps.routes().named(name)
    if (channel === undefined) {
      log.info(
        { channel: name, ...numbersOf(alert) },
        `alert not sent: there is no channel ${name} any more: ${subjectOf(alert)}`,
      )
      return
    }
    await channel.send(messageOf(alert))
    deps.metrics.alertsSent.inc({ channel: name })
    log.info({ channel: name, ...numbersOf(alert) }, `alert sent to ${name}: ${subjectOf(alert)}`)
  }

  async function summarise({ channel: name, topic, interval }: Summary): Promise<void> {
    const channel = deps.routes().named(name)
    const summary = await damper.summary(name, topic, interval)
    if (channel === undefined || summary === undefined) return
    await channel.send(messageOfSummary(summary))
    await damper.forget(name, topic, interval)
    deps.metrics.alertsSent.inc({ channel: name })
    const { id, count, minutes } = summary
    log.info(
      { channel: name, alert: id, count },
      `alert sent to ${name}: ${count} more in ${minutes} minutes`,
    )
  }
}

/** What the log has of an alert. Its text may name a person. */
function numbersOf(alert: Alert): object {
  if (!('to' in alert)) {
    const { id, registry, event } = alert
    return { alert: id, registry, event, ...('project' in alert && { project: alert.project }) }
  }
  const { id, from, to, measure, used, limit } = alert
  return { alert: id, ...fieldsOfSubject(quotaSubjectOf(alert)), from, to, measure, used, limit }
}

function subjectOf(alert: Alert): string {
  if (!('to' in alert)) return alert.text
  const { to, measure, used, limit } = alert
  return `${nameOfSubject(quotaSubjectOf(alert))} is ${to}, ${amountOf(measure, used, limit)}`
}

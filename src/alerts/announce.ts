import type { Logger } from '../platform/log.ts'
import { type Alert, quotaSubjectOf } from '../queue/alert.ts'
import { jobId } from '../queue/job-id.ts'
import type { Jobs } from '../queue/jobs.ts'
import type { Queues } from '../queue/queues.ts'
import { fieldsOfSubject, nameOfSubject } from '../queue/quota-subject.ts'
import { amountOf } from '../quota/amount.ts'
import type { Journal } from '../store/journal.ts'
import type { Damper } from './damper.ts'
import type { Deliver } from './deliver.ts'
import type { Lines } from './lines.ts'
import type { Message } from './message.ts'
import { messageOf, messageOfSummary, messageOfTest } from './message-of.ts'
import type { Routes } from './routes.ts'

/** A job of the queue, as it is processed. */
interface Run {
  id: string
  /** From 1. */
  attempt: number
}

/**
 * Processes the jobs of the `alerts` queue. An `announce` job records the alert and queues one `deliver` job for each
 * channel. So a channel that is down is retried alone, and the others do not get the alert twice. In a storm of
 * alerts about projects it queues a `summary` job instead, one for each channel, topic and interval. A `test` job sends a
 * message at once, past what waits for the channel.
 */
export function makeAnnounce(deps: {
  /** As configured now: a reload may change them. */
  routes: () => Routes
  queues: Queues
  journal: Journal<Alert>
  damper: Damper
  lines: Lines
  deliver: Deliver
  log: Pick<Logger, 'info'>
}) {
  const { damper, lines, log } = deps

  return {
    /** @throws ChannelError if the channel does not accept the message, NotYet if it is not the turn of the message */
    async announce(data: Jobs['alerts'], run: Run): Promise<unknown> {
      if (data.kind === 'announce') return record(data.alert)
      const channel = deps.routes().named(data.channel)
      if (channel === undefined) return skip(data, run)
      const message = await messageOfJob(data, run)
      if (message === undefined) return undefined
      const sending = { channel, job: run.id, message, attempt: run.attempt }
      if (data.kind === 'test') return deps.deliver.send(sending)
      const result = await deps.deliver.inTurn(sending)
      if (data.kind === 'summary') await damper.forget(data.channel, data.topic, data.interval)
      log.info(
        { channel: data.channel, ...fieldsOf(message) },
        `${SAID[result]} ${data.channel}: ${lineOf(message)}`,
      )
      return { result }
    },

    /** Notes that the channel never got what a job was to send. */
    async giveUp(data: Jobs['alerts'], run: Run, error: Error): Promise<void> {
      if (data.kind === 'announce') return
      const channel = deps.routes().named(data.channel)
      const message = channel && (await messageOfJob(data, run))
      if (channel === undefined || message === undefined) return deps.deliver.leave(data.channel, run.id)
      await deps.deliver.giveUp({ channel, job: run.id, message, attempt: run.attempt }, error)
    },
  }

  async function record(alert: Alert): Promise<void> {
    await deps.journal.append(alert)
    for (const channel of deps.routes().channelsFor(alert)) {
      const { name } = channel
      // Another alert about a registry is rare, and a person must act: it is sent at once, also in a storm.
      const held = 'project' in alert || 'to' in alert ? await damper.holdBack(name, alert) : undefined
      if (held === undefined) {
        const job = jobId('deliver', alert.id, name)
        // From here on, it stands before what happened later.
        await lines.join({ ...messageOf(alert), channel: name, job })
        await deps.queues.alerts.add('alerts', { kind: 'deliver', alert, channel: name }, { jobId: job })
      } else {
        const { topic, interval, summaryInMs } = held
        const options = { jobId: jobId('summary', name, topic, interval), delay: summaryInMs }
        await deps.queues.alerts.add('alerts', { kind: 'summary', channel: name, topic, interval }, options)
      }
    }
  }

  async function messageOfJob(data: Addressed, { id }: Run): Promise<Message | undefined> {
    if (data.kind === 'deliver') return messageOf(data.alert)
    if (data.kind === 'test') return messageOfTest({ id, ...data })
    const summary = await damper.summary(data.channel, data.topic, data.interval)
    return summary && messageOfSummary(summary)
  }

  async function skip(data: Addressed, { id }: Run): Promise<void> {
    const { channel } = data
    await deps.deliver.leave(channel, id)
    const [fields, about] =
      data.kind === 'deliver' ? [numbersOf(data.alert), subjectOf(data.alert)] : [{ job: id }, data.kind]
    log.info({ channel, ...fields }, `alert not sent: there is no channel ${channel} any more: ${about}`)
  }
}

type Addressed = Exclude<Jobs['alerts'], { kind: 'announce' }>

const SAID = { accepted: 'alert sent to', overtaken: 'alert not sent, since a newer one is, to' }

/** What the log has of a message. Its text may name a person. */
function fieldsOf({ id, data }: Message): object {
  if ('count' in data) return { alert: id, count: data.count }
  return 'registry' in data ? numbersOf(data) : { alert: id }
}

function lineOf({ data, text }: Message): string {
  if ('count' in data) return `${data.count} more in ${data.minutes} minutes`
  return 'registry' in data ? subjectOf(data) : text
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

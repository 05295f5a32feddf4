import type { Logger } from '../platform/log.ts'
import { type Alert, quotaSubjectOf } from '../queue/alert.ts'
import type { Jobs } from '../queue/jobs.ts'
import { fieldsOfSubject, nameOfSubject } from '../queue/quota-subject.ts'
import { amountOf } from '../quota/amount.ts'
import type { Journal } from '../store/journal.ts'
import { KEPT_MS } from './boxes.ts'
import type { Deliver } from './deliver.ts'
import type { Gather } from './gather.ts'
import type { Message } from './message.ts'
import { messageOfTest } from './message-of.ts'
import type { Route, Routes } from './routes.ts'

/** A job of the queue, as it is processed. */
interface Run {
  id: string
  /** From 1. */
  attempt: number
}

/**
 * Processes the jobs of the `alerts` queue. An `announce` job records the alert and puts it into a box of each channel; a
 * `gathered` job queues what is told of a box. So a channel that is down is retried alone, and the others do not get the alert
 * twice. A `test` job sends a message at once, past what waits for the channel.
 */
export function makeAnnounce(deps: {
  /** As configured now: a reload may change them. */
  routes: () => Routes
  journal: Journal<Alert>
  gather: Gather
  deliver: Deliver
  log: Pick<Logger, 'info' | 'warn'>
  /** epoch ms */
  now?: () => number
}) {
  const { gather, log, now = Date.now } = deps

  return {
    /** @throws ChannelError if the channel does not accept the message, NotYet if it is not the turn of the message */
    async announce(data: Jobs['alerts'], run: Run): Promise<unknown> {
      if (data.kind === 'announce') return record(data.alert)
      const route = deps.routes().route(data.channel)
      if (route === undefined) return skip(data, run)
      if (data.kind === 'gathered') return gather.empty(route, data.box)
      const { channel } = route
      const message = messageOfJob(data, run, route)
      const sending = { channel, job: run.id, message, attempt: run.attempt }
      if (data.kind === 'test') return deps.deliver.send(sending)
      const result = await deps.deliver.inTurn(sending)
      log.info(
        { channel: data.channel, ...fieldsOf(message) },
        `${SAID[result]} ${data.channel}: ${lineOf(message)}`,
      )
      return { result }
    },

    /** Notes that the channel never got what a job was to send. */
    async giveUp(data: Jobs['alerts'], run: Run, error: Error): Promise<void> {
      if (data.kind === 'announce') return
      if (data.kind === 'gathered') return gather.giveUp(data.channel, data.box)
      const route = deps.routes().route(data.channel)
      if (route === undefined) return deps.deliver.leave(data.channel, run.id)
      const message = messageOfJob(data, run, route)
      await deps.deliver.giveUp({ channel: route.channel, job: run.id, message, attempt: run.attempt }, error)
    },
  }

  async function record(alert: Alert): Promise<void> {
    await deps.journal.append(alert)
    for (const { name } of deps.routes().channelsFor(alert)) await gather.join(name, alert)
  }

  /** Gives what waits for a channel that is not there any more, such as a renamed one, to those that get such alerts now. */
  async function skip(data: Addressed, { id }: Run): Promise<void> {
    const { channel } = data
    const heirs = new Set<string>()
    // Later, it is not known any more who has it.
    for (const alert of await alertsOf(data))
      if (now() - Date.parse(alert.at) < KEPT_MS)
        for (const { name } of deps.routes().channelsFor(alert)) {
          await gather.join(name, alert)
          heirs.add(name)
        }
    if (data.kind !== 'gathered') await deps.deliver.leave(channel, id)
    const [fields, about] =
      data.kind === 'deliver' ? [numbersOf(data.alert), subjectOf(data.alert)] : [{ job: id }, data.kind]
    const outcome =
      heirs.size === 0 ? 'alert not sent' : `alert goes to ${[...heirs].join(', ')}, unless it is there`
    log.warn({ channel, ...fields }, `${outcome}: there is no channel ${channel} any more: ${about}`)
  }

  /** Of a summary, only the examples are known. */
  async function alertsOf(data: Addressed): Promise<readonly Alert[]> {
    if (data.kind === 'gathered') return gather.take(data.channel, data.box)
    if (data.kind === 'summary') return data.summary.examples
    return data.kind === 'deliver' ? [data.alert] : []
  }
}

type Addressed = Exclude<Jobs['alerts'], { kind: 'announce' }>

/** The message of a job that sends one. */
function messageOfJob(data: Exclude<Addressed, { kind: 'gathered' }>, { id }: Run, route: Route): Message {
  if (data.kind === 'deliver') return route.messageOf(data.alert)
  if (data.kind === 'summary') return route.messageOfSummary(data.summary)
  return messageOfTest({ id, ...data })
}

const SAID = { accepted: 'alert sent to', overtaken: 'alert not sent, since a newer one is, to' }

/** What the log has of a message. Its text may name a person. */
function fieldsOf({ id, data }: Message): object {
  if ('count' in data) return { alert: id, count: data.count }
  return 'registry' in data ? numbersOf(data) : { alert: id }
}

function lineOf({ data, text }: Message): string {
  if ('count' in data) return `${data.count} alerts (${data.topic}) since ${data.since}`
  return 'registry' in data ? subjectOf(data) : text
}

/** What the log has of an alert. Its text may name a person. */
function numbersOf(alert: Alert): object {
  if ('state' in alert)
    return { alert: alert.id, ...fieldsOfSubject(quotaSubjectOf(alert)), event: alert.event }
  if (!('to' in alert)) {
    const { id, registry, event } = alert
    return { alert: id, registry, event, ...('project' in alert && { project: alert.project }) }
  }
  const { id, from, to } = alert
  if ('reason' in alert)
    return { alert: id, ...fieldsOfSubject(quotaSubjectOf(alert)), from, to, reason: alert.reason }
  const { measure, used, limit } = alert
  return { alert: id, ...fieldsOfSubject(quotaSubjectOf(alert)), from, to, measure, used, limit }
}

function subjectOf(alert: Alert): string {
  if (!('to' in alert) || 'reason' in alert) return alert.text
  const { to, measure, used, limit } = alert
  return `${nameOfSubject(quotaSubjectOf(alert))} is ${to}, ${amountOf(measure, used, limit)}`
}

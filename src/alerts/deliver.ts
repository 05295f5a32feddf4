import { UnrecoverableError } from 'bullmq'
import type { Logger } from '../platform/log.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { Queues } from '../queue/queues.ts'
import type { Channel } from './channel.ts'
import { ChannelError } from './channel-error.ts'
import type { Deliveries, Delivery } from './deliveries.ts'
import type { Lines } from './lines.ts'
import type { Message } from './message.ts'
import { NotYet } from './not-yet.ts'

/**
 * How long a message waits for each one before it, in ms, and at most. The one before wakes it, so this counts only if a process
 * dies. Of 1,500 messages for a channel that is down, ten look in each second; with at most a minute, thirty would.
 */
const WAIT_MS = { each: 1_000, most: 300_000 }

export interface Sending {
  channel: Channel
  /** The id of the job that sends it. */
  job: string
  message: Message
  /** From 1. */
  attempt: number
}

export type Deliver = ReturnType<typeof makeDeliver>

/** Sends messages to channels: to each one message at a time, in order. Keeps what became of each. */
export function makeDeliver(deps: {
  queues: Pick<Queues, 'alerts'>
  lines: Lines
  deliveries: Deliveries
  metrics: Metrics
  log: Pick<Logger, 'warn'>
}) {
  const { queues, lines, deliveries, metrics, log } = deps

  return {
    /** Gives whether the channel has accepted the message, or a newer one has overtaken it. @throws ChannelError @throws NotYet if others are sent before it */
    async inTurn(sending: Sending): Promise<'accepted' | 'overtaken'> {
      const { channel, job, message } = sending
      const place = { channel: channel.name, job, subject: message.subject, at: message.at }
      await lines.join(place)
      let turn = await lines.turn(place)
      while (turn.is === 'wait' && (await hasEnded(turn.first))) {
        await lines.leave(channel.name, turn.first)
        turn = await lines.turn(place)
      }
      if (turn.is === 'wait') throw new NotYet(Math.min(turn.before * WAIT_MS.each, WAIT_MS.most))
      if (turn.is === 'now')
        await send(sending).catch(async (error) => {
          // Each answer of a channel that is down for a day would push all else out of the history.
          if (isRepeated(error) && sending.attempt === 1) await record(sending, 'failed', error.message)
          throw error
        })
      else await record(sending, 'overtaken')
      await leave(channel.name, job)
      return turn.is === 'now' ? 'accepted' : 'overtaken'
    },
    send,
    leave,
    /** Notes that the message is not sent again, and lets the next one be sent. */
    async giveUp(sending: Sending, error: Error): Promise<void> {
      await record(sending, error instanceof UnrecoverableError ? 'refused' : 'given up', error.message)
      await leave(sending.channel.name, sending.job)
    },
  }

  /** Sends a message at once. @throws ChannelError */
  async function send(sending: Sending): Promise<void> {
    const { channel, message } = sending
    await channel.send(message)
    await record(sending, 'accepted')
  }

  /** Takes a message out of the line of its channel, and wakes the next one. */
  async function leave(channel: string, job: string): Promise<void> {
    const next = await lines.leave(channel, job)
    if (next === undefined) return
    const waiting = await queues.alerts.getJob(next)
    // If it is no longer delayed, it asks by itself.
    await waiting?.promote().catch(() => undefined)
  }

  /** Whether a job no longer sends, though its message stands in line: its process crashed just then. */
  async function hasEnded(job: string): Promise<boolean> {
    return ['completed', 'failed', 'unknown'].includes(await queues.alerts.getJobState(job))
  }

  async function record(
    { channel, message, attempt }: Sending,
    result: Delivery['result'],
    answer: string | null = null,
  ): Promise<void> {
    const { id, type, subject, text, data } = message
    metrics.alertMessages.inc({ channel: channel.name, result: result.replace(' ', '_') })
    const project = 'project' in data ? { project: `${data.registry}/${data.project}` } : {}
    await deliveries
      .record({
        channel: channel.name,
        message: id,
        type,
        subject,
        ...project,
        text,
        result,
        answer,
        attempt,
      })
      // The message would be sent twice if this failed the job.
      .catch((err) => log.warn({ err, channel: channel.name }, 'a delivery is missing in the history'))
  }
}

const isRepeated = (error: unknown): error is ChannelError =>
  error instanceof ChannelError && error.retry && error.retryAfterMs === undefined

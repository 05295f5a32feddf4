import { UnrecoverableError } from 'bullmq'
import { ChannelError } from '../alerts/channel-error.ts'
import { cloudEventOf } from '../platform/cloud-event.ts'
import type { Logger } from '../platform/log.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { Change } from '../queue/change.ts'
import { jobId } from '../queue/job-id.ts'
import type { Queues } from '../queue/queues.ts'
import type { Addressed, EventDeliveries } from './deliveries.ts'
import type { Receiver } from './receiver.ts'

/**
 * Makes what keeps changes until each receiver has them: jobs in Redis. Without receivers nothing is kept. Is to be called
 * before the change is final, and again if that fails: a change that is told twice within a day is sent once.
 */
export const makeTell =
  ({
    queues,
    receivers,
  }: {
    queues: Pick<Queues, 'outgoing'>
    receivers: readonly Pick<Receiver, 'takes' | 'name'>[]
  }) =>
  async (changes: readonly Change[]): Promise<void> => {
    const jobs = changes.flatMap((change) =>
      receivers
        .filter((receiver) => receiver.takes(change))
        .map(({ name }) => ({
          name: 'outgoing',
          data: { change, to: name },
          opts: { jobId: jobId('outgoing', change.id, name) },
        })),
    )
    if (jobs.length > 0) await queues.outgoing.addBulk(jobs)
  }
export type Tell = ReturnType<typeof makeTell>

/** With more events than this that wait, what fails is given up: they are in Redis, some 3 kB each. */
const MOST_WAITING = 100_000

/** Makes what the jobs of the queue do: one receiver gets one change, and it is kept what became of that. */
export function makeSend({
  receivers,
  deliveries,
  queues,
  log,
  metrics,
  mostWaiting = MOST_WAITING,
}: {
  receivers: readonly Receiver[]
  deliveries: Pick<EventDeliveries, 'record'>
  queues: Pick<Queues, 'outgoing'>
  log: Pick<Logger, 'warn'>
  metrics: Pick<Metrics, 'outgoingEvents'>
  mostWaiting?: number
}) {
  /** The event would be sent twice if this failed the job. */
  const record: EventDeliveries['record'] = (sent, result, answer) => {
    metrics.outgoingEvents.inc({ receiver: sent.to, result: result.replace(' ', '_') })
    return deliveries
      .record(sent, result, answer)
      .catch((err) => log.warn({ err, receiver: sent.to }, 'a delivery is missing in the history'))
  }
  return {
    /** `attempt`: from 1. @throws what the receiver throws, such as ChannelError */
    async send(sent: Addressed, attempt: number): Promise<{ is: 'sent' | 'not configured' }> {
      const receiver = receivers.find(({ name }) => name === sent.to)
      if (receiver === undefined) return { is: 'not configured' }
      try {
        await receiver.send(cloudEventOf(sent.change))
      } catch (error) {
        // Each answer of a receiver that is down for a day would push all else out of the history.
        const reason = error instanceof Error ? error.message : String(error)
        if (attempt === 1 && !asksToWait(error)) await record(sent, 'failed', reason)
        if ((await queues.outgoing.getJobCountByTypes('waiting', 'delayed')) > mostWaiting)
          throw new UnrecoverableError(`${reason}; more than ${mostWaiting} events wait`)
        throw error
      }
      await record(sent, 'accepted', null)
      return { is: 'sent' }
    },
    giveUp: (sent: Addressed, error: Error): Promise<void> => record(sent, 'given up', error.message),
  }
}
/** Then it is sent again, and that is no other attempt. */
const asksToWait = (error: unknown): boolean =>
  error instanceof ChannelError && error.retryAfterMs !== undefined

export type Send = ReturnType<typeof makeSend>

import { cloudEventOf } from '../platform/cloud-event.ts'
import type { Change } from '../queue/change.ts'
import { jobId } from '../queue/job-id.ts'
import type { Jobs } from '../queue/jobs.ts'
import type { Queues } from '../queue/queues.ts'
import type { Receiver } from './receiver.ts'

type Outgoing = Pick<Queues, 'outgoing'>

/**
 * Makes what keeps changes until each receiver has them: jobs in Redis. Without receivers nothing is kept. Is to be called
 * before the change is final, and again if that fails: a change that is told twice within a day is sent once.
 */
export const makeTell =
  ({ queues, receivers }: { queues: Outgoing; receivers: readonly Pick<Receiver, 'takes' | 'name'>[] }) =>
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

/** Makes what a job of the queue does: one receiver gets one change. */
export const makeSend =
  (receivers: readonly Receiver[]) =>
  async ({ change, to }: Jobs['outgoing']): Promise<{ is: 'sent' | 'not configured' }> => {
    const receiver = receivers.find(({ name }) => name === to)
    if (receiver === undefined) return { is: 'not configured' }
    await receiver.send(cloudEventOf(change))
    return { is: 'sent' }
  }
export type Send = ReturnType<typeof makeSend>

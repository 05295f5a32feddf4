import { OWN_TRACE } from '../queue/own-trace.ts'
import type { Queues } from '../queue/queues.ts'

/** How often deliveries are audited, in ms. */
const EVERY_MS = 60_000

/** How long an audit waits that is asked for, in ms: the first events of a new process come together. */
const BURST_MS = 2_000

const SCHEDULE = 'deliveries-audit'

/** Schedules an audit of the deliveries of all registries: one job, whatever number of processes there is. */
export async function scheduleAudits(queues: Queues, when: 'each minute' | 'never'): Promise<void> {
  if (when === 'never') {
    await queues.deliveries.removeJobScheduler(SCHEDULE)
    return
  }
  // One job at a time in all processes together: a reading is compared with the one before.
  await queues.deliveries.setGlobalConcurrency(1)
  await queues.deliveries.upsertJobScheduler(
    SCHEDULE,
    { every: EVERY_MS },
    { name: 'deliveries', data: { kind: 'audit' }, opts: OWN_TRACE },
  )
}

/** Asks for an audit at once. One that waits answers all who ask. */
export const askAudit = (queues: Queues) =>
  queues.deliveries.add(
    'deliveries',
    { kind: 'audit' },
    { deduplication: { id: 'asked', keepLastIfActive: true }, delay: BURST_MS },
  )

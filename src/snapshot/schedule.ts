import { OWN_TRACE } from '../queue/own-trace.ts'
import type { Queues } from '../queue/queues.ts'

const SCHEDULER_ID = 'snapshot-write'

/**
 * Schedules a snapshot every `everyMs`, or none. The first comes after `everyMs`: if Redis has just lost its data, a
 * snapshot of the empty index must not become the newest. A restart does not postpone the next one.
 */
export async function scheduleSnapshots(queues: Queues, everyMs: number | 'never'): Promise<void> {
  // One job at a time in all processes together.
  await queues.snapshot.setGlobalConcurrency(1)
  if (everyMs === 'never') {
    await queues.snapshot.removeJobScheduler(SCHEDULER_ID)
    return
  }
  // BullMQ uses the start date only for a new or changed schedule.
  await queues.snapshot.upsertJobScheduler(
    SCHEDULER_ID,
    { every: everyMs, startDate: Date.now() + everyMs },
    { name: 'snapshot', data: { kind: 'write' }, opts: OWN_TRACE },
  )
}

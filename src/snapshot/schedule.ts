import type { Queues } from '../queue/queues.ts'

const ID = 'snapshot-write'

/**
 * Has a snapshot written each `everyMs`, or never by itself; the first after one such time, so that an index that has just
 * lost its Redis is not what `restore` finds newest. Restarts do not put it off.
 */
export async function scheduleSnapshots(queues: Queues, everyMs: number | 'never'): Promise<void> {
  // One job at a time, over all processes.
  await queues.snapshot.setGlobalConcurrency(1)
  if (everyMs === 'never') {
    await queues.snapshot.removeJobScheduler(ID)
    return
  }
  // BullMQ heeds the start date only where the schedule is new or another.
  await queues.snapshot.upsertJobScheduler(
    ID,
    { every: everyMs, startDate: Date.now() + everyMs },
    { name: 'snapshot', data: { kind: 'write' } },
  )
}

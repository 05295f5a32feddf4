import { OWN_TRACE } from '../queue/own-trace.ts'
import type { Queues } from '../queue/queues.ts'

/** When the first snapshot of all is written, in ms: much of a registry is read by then. */
const FIRST_MS = 600_000

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

/**
 * Has a snapshot written soon, to be called if the store has none: until there is one, all is lost with Redis. It can displace no other
 * one. Asking again while it waits is nothing.
 */
export async function scheduleFirstSnapshot(queues: Queues, everyMs: number | 'never'): Promise<void> {
  if (everyMs === 'never') return
  const options = { delay: Math.min(FIRST_MS, everyMs), deduplication: { id: 'first' }, ...OWN_TRACE }
  await queues.snapshot.add('snapshot', { kind: 'write' }, options)
}

import { snapshotWorker } from '../../workers/snapshot.ts'
import { scheduleSnapshots } from '../snapshot/schedule.ts'
import { makeSnapshots } from '../snapshot/snapshots.ts'
import type { WorkerParts } from './worker-parts.ts'

/** Schedules snapshots of the index and starts the worker that writes and restores them. */
export async function startSnapshot(parts: WorkerParts) {
  const { every, keep } = parts.config.snapshots
  await scheduleSnapshots(parts.queues, every)
  const snapshots = makeSnapshots({
    ...parts,
    keep,
    registries: parts.registries.map(({ name }) => name),
    enqueueReconcile: (registry) => parts.enqueueReconcile(registry, 'restored from a snapshot'),
    now: () => new Date(),
  })
  return snapshotWorker(parts.context, snapshots)
}

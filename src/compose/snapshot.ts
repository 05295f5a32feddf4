import { snapshotWorker } from '../../workers/snapshot.ts'
import { makeKeptIds } from '../ci/kept-ids.ts'
import { makeFirstReading } from '../reconcile/first-reading.ts'
import { scheduleFirstSnapshot, scheduleSnapshots } from '../snapshot/schedule.ts'
import { listSnapshots } from '../snapshot/snapshot-key.ts'
import { makeSnapshots } from '../snapshot/snapshots.ts'
import { sourcesOf } from './sources.ts'
import type { WorkerParts } from './worker-parts.ts'

/** Schedules snapshots of the index. */
export async function prepareSnapshot({ config, queues, store }: WorkerParts): Promise<void> {
  const { every } = config.snapshots
  await scheduleSnapshots(queues, every)
  // A start must not fail with the store.
  const snapshots = await listSnapshots(store).catch(() => undefined)
  if (snapshots?.length === 0) await scheduleFirstSnapshot(queues, every)
}

/** Starts the worker that writes snapshots of the index and restores them. */
export function startSnapshot(parts: WorkerParts) {
  const {
    journal,
    snapshots: { keep },
  } = parts.config
  const firstReading = makeFirstReading(parts.store)
  const snapshots = makeSnapshots({
    ...parts,
    keep,
    replayMs: journal.enabled ? journal.keep : undefined,
    settings: { ...parts, ciProjects: makeKeptIds(parts) },
    registries: parts.registries.map(({ name }) => name),
    sources: sourcesOf(parts),
    async enqueueReconcile(registry, reason) {
      await firstReading.note(registry, Date.now() * 1000)
      await parts.enqueueReconcile(registry, reason)
    },
    dataSince: parts.watch.dataSince,
    now: () => new Date(),
  })
  return snapshotWorker(parts.context, snapshots)
}

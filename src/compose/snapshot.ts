import { snapshotWorker } from '../../workers/snapshot.ts'
import { makeKeptIds } from '../ci/kept-ids.ts'
import { makeFirstReading } from '../reconcile/first-reading.ts'
import { scheduleSnapshots } from '../snapshot/schedule.ts'
import { makeSnapshots } from '../snapshot/snapshots.ts'
import { sourcesOf } from './sources.ts'
import type { WorkerParts } from './worker-parts.ts'

/** Schedules snapshots of the index. */
export const prepareSnapshot = ({ config, queues }: WorkerParts): Promise<void> =>
  scheduleSnapshots(queues, config.snapshots.every)

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

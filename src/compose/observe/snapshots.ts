import { shareReads } from '../../platform/share-reads.ts'
import { listSnapshots } from '../../snapshot/snapshot-key.ts'
import type { Parts } from '../parts.ts'

/** How often the snapshots are listed at most, in ms: the store may be far away. */
const FRESH_MS = 60_000

/** Makes what sets the gauges of snapshots. */
export function observeSnapshots({ metrics, store, config }: Parts) {
  const newest = shareReads(
    async () => (await listSnapshots(store))[0],
    () => FRESH_MS,
  )
  const { every } = config.snapshots
  if (every !== 'never') metrics.snapshotInterval.set(every / 1_000)
  return async (): Promise<void> => {
    const snapshot = await newest()
    if (snapshot === undefined) {
      metrics.lastSnapshot.remove()
      metrics.lastSnapshotBytes.remove()
      return
    }
    metrics.lastSnapshot.set(Date.parse(snapshot.createdAt) / 1_000)
    metrics.lastSnapshotBytes.set(snapshot.size)
  }
}

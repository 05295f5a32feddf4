import { shareReads } from '../../platform/share-reads.ts'
import { collectionRunsOf } from '../collection-runs.ts'
import { knownGarbageOf } from '../known-garbage.ts'
import type { Parts } from '../parts.ts'

/** How often the store is read at most, in ms: it may be far away. */
const FRESH_MS = 60_000

/** Makes what sets the gauges of garbage and of collections. Of registries without a storage and hooks, there are none. */
export function observeCollections(parts: Parts) {
  const { metrics } = parts
  const garbage = knownGarbageOf(parts)
  const runs = collectionRunsOf(parts)
  const registries = parts.registries.filter(
    ({ storage, gc }) => storage !== undefined || gc.hooks !== undefined,
  )
  for (const { name: registry, storage, gc } of registries) {
    if (storage !== undefined && gc.survey !== 'never')
      metrics.surveyEvery.set({ registry }, gc.survey / 1_000)
    if (gc.hooks !== undefined) metrics.maxPause.set({ registry }, gc.maxPause / 1_000)
  }
  const read = shareReads(
    () =>
      Promise.all(
        registries.map(async ({ name }) => ({
          ...{ registry: name, advice: await garbage.adviceOf(name), held: await runs.holderOf(name) },
        })),
      ),
    () => FRESH_MS,
  )

  return async (): Promise<void> => {
    for (const { registry, advice, held } of await read()) {
      if (held === undefined) metrics.heldSince.remove({ registry })
      else metrics.heldSince.set({ registry }, held.since / 1_000)
      if (advice === undefined) continue
      const { collectable, undoable, pays, at, lastCollection } = advice
      metrics.collectableBytes.set({ registry }, collectable.bytes)
      metrics.undoableBytes.set({ registry }, undoable.bytes)
      metrics.collectionPays.set({ registry }, pays ? 1 : 0)
      metrics.surveyTime.set({ registry }, Date.parse(at) / 1_000)
      if (lastCollection === null) continue
      const { freed, pauseMs } = lastCollection
      metrics.lastCollection.set({ registry }, Date.parse(lastCollection.at) / 1_000)
      if (freed === null) metrics.collectedBytes.remove({ registry })
      else metrics.collectedBytes.set({ registry }, freed)
      if (pauseMs === null) metrics.pauseSeconds.remove({ registry })
      else metrics.pauseSeconds.set({ registry }, pauseMs / 1_000)
    }
  }
}

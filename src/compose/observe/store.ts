import { shareReads } from '../../platform/share-reads.ts'
import { readJournalState } from '../../replay/journal-state.ts'
import type { OnRedis, Parts } from '../parts.ts'

/** How often the store is asked at most, in ms: it may be far away. */
const FRESH_MS = 30_000

/** Makes what sets the gauges of Tallyman's own store, and of the journal that is written to it. */
export function observeStore(
  { metrics, config, prefix }: Pick<Parts, 'metrics' | 'config' | 'prefix'>,
  { redis, storeWatch }: Pick<OnRedis, 'redis' | 'storeWatch'>,
) {
  const state = shareReads(
    () => storeWatch.state().catch(() => undefined),
    () => FRESH_MS,
  )
  return async (): Promise<void> => {
    if (config.journal.enabled) {
      const journal = await readJournalState({ redis, prefix, now: Date.now })
      metrics.journalOldest.set(journal.oldestMs / 1_000)
      metrics.journalWaiting.set(journal.waitingBytes)
      metrics.journalLeftOut.set(journal.leftOut)
    }
    // After what needs Redis: if Redis is away, nothing is said of the store.
    const known = await state()
    metrics.storeUp.set(known === undefined ? 0 : 1)
    if (known === undefined) metrics.storeKnown.remove()
    else metrics.storeKnown.set(known === 'known' ? 1 : 0)
  }
}

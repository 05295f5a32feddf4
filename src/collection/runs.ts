import { randomBytes } from 'node:crypto'
import { makeJournal } from '../store/journal.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { keepFor } from '../store/retention.ts'
import { CollectionRun } from './collection-run.ts'
import { WAITING } from './run-state.ts'

/** What is asked of a collection. */
export type Asked = Pick<CollectionRun, 'registry' | 'mode' | 'dryRun' | 'force' | 'by'>

const ID = /^(\d{13})-[0-9a-f]{8}$/

/** A run that nobody has begun. `now` is epoch ms. Its id tells when it was asked for. */
export const newRun = ({ registry, mode, dryRun, force, by }: Asked, now: number): CollectionRun => ({
  ...{ id: `${now}-${randomBytes(4).toString('hex')}`, at: new Date(now).toISOString() },
  ...{ registry, mode, dryRun, force, by, ...WAITING },
  ...{ phases: [], problems: [], promised: null, freed: null, differences: [] },
  ...{ pauseMs: null, endedAt: null },
})

/**
 * The records of collections, in the store: `collections/<registry>/<day>/…`, and which of them may hold its registry:
 * `collections-held/<registry>.json`. That one is written before a registry is made read-only, and deleted after it is
 * writable: whatever dies, Redis too, it is known which registries must be let go. `now` gives epoch ms.
 */
export function makeCollectionRuns(deps: {
  store: ObjectStore
  keepMs: number
  now: () => number
  onUnreadable: (key: string, error: Error) => void
  onError: (error: Error) => void
}) {
  const { store } = deps
  const open = (registry: string) =>
    keepFor(makeJournal({ ...deps, kind: `collections/${registry}`, schema: CollectionRun }), deps)
  const journals = new Map<string, ReturnType<typeof open>>()
  function journalOf(registry: string) {
    const journal = journals.get(registry) ?? open(registry)
    journals.set(registry, journal)
    return journal
  }
  const heldKey = (registry: string) => `collections-held/${registry}.json`

  return {
    save: (run: CollectionRun): Promise<void> => journalOf(run.registry).append(run),

    async get(registry: string, id: string): Promise<CollectionRun | undefined> {
      const [, ms] = ID.exec(id) ?? []
      return ms === undefined
        ? undefined
        : journalOf(registry).get({ id, at: new Date(Number(ms)).toISOString() })
    },

    /** The newest first, after a position. */
    recent: (registry: string, limit: number, after?: string): Promise<CollectionRun[]> =>
      journalOf(registry).recent(limit, after),

    positionOf: (run: CollectionRun): string => journalOf(run.registry).positionOf(run),

    /** Notes that a run makes its registry read-only. */
    hold: ({ registry, id }: Pick<CollectionRun, 'registry' | 'id'>): Promise<void> =>
      store.put(heldKey(registry), JSON.stringify({ id, since: deps.now() })),

    /** The registries that a run may hold, as the store knows. */
    async held(): Promise<string[]> {
      const names: string[] = []
      for await (const { key } of store.list('collections-held/'))
        names.push(key.slice('collections-held/'.length).replace(/\.json$/, ''))
      return names
    },

    letGo: (registry: string): Promise<void> => store.delete(heldKey(registry)),

    /** The run that may hold a registry, and since when, epoch ms. */
    async holderOf(registry: string): Promise<{ id: string; since: number } | undefined> {
      const body = await store.get(heldKey(registry))
      if (body === undefined) return undefined
      // It was cut off if it cannot be read: that it is there is what counts.
      try {
        const { id, since } = JSON.parse(body.toString())
        return { id: String(id), since: Number(since) }
      } catch {
        return { id: '', since: deps.now() }
      }
    },
  }
}
export type CollectionRuns = ReturnType<typeof makeCollectionRuns>

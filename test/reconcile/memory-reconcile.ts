import { pino } from 'pino'
import type { Ledger, ReconcileRun } from '../../src/reconcile/ledger.ts'
import type { ReadingFailure, RepositoryReading } from '../../src/reconcile/reading.ts'
import { makeReconcile } from '../../src/reconcile/reconcile.ts'
import type { Removals, RunNotes } from '../../src/reconcile/run-notes.ts'

/** 2026-11-23T10:00:00Z in epoch µs: the time at which these reconciles run. */
export const NOW = 1_795_428_000_000_000

/** A repository with one manifest, which the index lacks. */
export const readingOf = (repository: string): RepositoryReading => ({
  repository,
  manifests: [{ digest: `sha256:${'a'.repeat(64)}`, size: 1, mediaType: '', references: [] }],
  unreadable: [],
  tags: [],
  links: undefined,
  absent: [],
})

/** A reconcile without Redis and without a registry: it reads `items`, and `apply` takes its facts by project. */
export function makeMemoryReconcile(options: {
  items?: readonly (RepositoryReading | ReadingFailure)[]
  apply?: (project: string) => Promise<unknown>
  clockOf?: () => Promise<number | undefined>
  unfinished?: ReconcileRun | undefined
  method?: 'api' | 'storage'
  /** Requests for a reconcile so far. */
  asked?: number
}) {
  const pauses: number[] = []
  const retold: string[] = []
  let saved: ReconcileRun | undefined = options.unfinished
  const removals: Removals[] = []
  const unread = new Set<string>()
  const notes: RunNotes = {
    addRemovals: async (_, more) => void removals.push(more),
    async *takeRemovals() {
      for (let next = removals[0]; next !== undefined; next = removals[0]) {
        yield next
        removals.shift()
      }
    },
    addUnread: async (_, project) => void unread.add(project),
    unread: async () => unread,
    async clear() {
      removals.length = 0
      unread.clear()
    },
  }
  const ledger: Ledger = {
    ask: async () => {},
    asked: async () => options.asked ?? 0,
    unfinishedRun: async () => saved,
    beginRun: async (_, run) => {
      saved = structuredClone(run)
    },
    saveRun: async (_, run) => {
      saved = structuredClone(run)
    },
    finish: async () => {
      saved = undefined
    },
    noteGap: async () => {},
    noteBroken: async () => {},
    status: async () => ({ gaps: [], covered: 0 }),
  }
  const reconcile = makeReconcile({
    readerOf: () => ({
      method: options.method ?? 'api',
      check: async () => {},
      answersForUpstream: async () => false,
      holds: async () => true,
      async *read({ after = '' }) {
        for (const item of options.items ?? [])
          if (item.repository === undefined || item.repository > after) yield item
      },
      countBlobs: async () => undefined,
      gitlabSize: async () => undefined,
    }),
    index: {
      projects: async () => [],
      repositories: async () => [],
      usage: async () => undefined,
      facts: async function* () {},
      async apply(project) {
        await options.apply?.(project)
        return { changedBytes: 0, unresolved: [] }
      },
      forget: async () => 0,
      async retell(registry) {
        retold.push(registry)
        return 0
      },
    },
    broken: {
      begin: async () => ({ repositories: () => [], known: () => [], look: async () => {} }),
      tell: async () => {},
    },
    ledger,
    notes,
    firstReading: { at: async () => undefined, note: async () => {} },
    announce: async () => {},
    projectOf: (_, repository) => repository,
    recheckQuotas: async () => {},
    forgetFlags: async () => {},
    settleMs: 5_000,
    clockOf: options.clockOf ?? (async () => undefined),
    now: () => NOW,
    sleep: async (ms) => void pauses.push(ms),
    log: pino({ level: 'silent' }),
  })
  const run = (
    control: { isStopping?: () => boolean; onProgress?: (run: ReconcileRun) => void; dryRun?: boolean } = {},
  ) =>
    reconcile(
      {
        registry: 'ci',
        dryRun: control.dryRun ?? false,
        acceptLoss: false,
        origin: 'person',
        reason: 'test',
      },
      {
        id: 'job',
        isStopping: control.isStopping ?? (() => false),
        onProgress: async (progress) => control.onProgress?.(progress),
      },
    )
  return { run, pauses, retold, unfinishedRun: () => saved }
}

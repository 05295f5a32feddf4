import { pino } from 'pino'
import type { Ledger, ReconcileRun } from '../../src/reconcile/ledger.ts'
import type { ReadingFailure, RepositoryReading } from '../../src/reconcile/reading.ts'
import { makeReconcile } from '../../src/reconcile/reconcile.ts'

/** 2026-11-23T10:00:00Z in epoch µs: the time at which these reconciles run. */
export const NOW = 1_795_428_000_000_000

/** A repository with one manifest, which the index lacks. */
export const readingOf = (repository: string): RepositoryReading => ({
  repository,
  manifests: [{ digest: `sha256:${'a'.repeat(64)}`, size: 1, mediaType: '', references: [], modifiedAt: 0 }],
  unreadable: [],
  tags: [],
  links: undefined,
})

/** A reconcile without Redis and without a registry: it reads `items`, and `apply` takes its facts by project. */
export function makeMemoryReconcile(options: {
  items?: readonly (RepositoryReading | ReadingFailure)[]
  apply?: (project: string) => Promise<unknown>
  clockOf?: () => Promise<number | undefined>
  unfinished?: ReconcileRun | undefined
  method?: 'api' | 'storage'
}) {
  const pauses: number[] = []
  const retold: string[] = []
  let saved: ReconcileRun | undefined = options.unfinished
  const ledger: Ledger = {
    unfinishedRun: async () => saved,
    saveRun: async (_, run) => {
      saved = structuredClone(run)
    },
    finish: async () => {
      saved = undefined
    },
    noteGap: async () => {},
    status: async () => ({ gaps: [] }),
  }
  const reconcile = makeReconcile({
    readerOf: () => ({
      method: options.method ?? 'api',
      check: async () => {},
      async *read({ after = '' }) {
        for (const item of options.items ?? [])
          if (item.repository === undefined || item.repository > after) yield item
      },
      countBlobs: async () => undefined,
    }),
    index: {
      projects: async () => [],
      repositories: async () => [],
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
    ledger,
    projectOf: (_, repository) => repository,
    recheckQuotas: async () => {},
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
      { registry: 'ci', dryRun: control.dryRun ?? false, reason: 'test' },
      {
        id: 'job',
        isStopping: control.isStopping ?? (() => false),
        onProgress: async (progress) => control.onProgress?.(progress),
      },
    )
  return { run, pauses, retold, unfinishedRun: () => saved }
}

import { pMapIterable } from 'p-map'
import type { Logger } from '../platform/log.ts'
import type { ReconcileJob } from '../queue/jobs.ts'
import { DELETIONS_KEPT_US } from '../usage/fact.ts'
import { projectId } from '../usage/project.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import { compare } from './compare.ts'
import { addDrift, type Drift, NO_DRIFT } from './drift.ts'
import { makeIndexedProjects } from './indexed-projects.ts'
import type { Ledger, ReconcileRun } from './ledger.ts'
import type { ReadingFailure, RegistryReader, RepositoryReading } from './reading.ts'
import type { ReconcileReport } from './report.ts'

export interface ReconcileControl {
  /** The job's id. A job that runs again after a kill goes on where it stopped. */
  id: string
  onProgress: (run: ReconcileRun) => Promise<void>
  /** Once this is true, the reconcile finishes the repositories at hand and throws `ReconcileStopped`. */
  isStopping: () => boolean
}

export class ReconcileStopped extends Error {}

/** A repository that was compared and mended. */
interface MendedRepository {
  repository: string
  drift: Drift
  unreadable: number
}

/** Facts in one call of the index. */
const FACTS_PER_CALL = 200
/** Repositories that are compared and mended at a time. */
const REPOSITORIES = { concurrency: 12, backpressure: 12 }
/** Clocks that differ by less count as equal, since a registry tells its time to the second. In µs. */
const SAME_CLOCK_US = 2_000_000
/** Failures listed in the report. The others are only counted. */
const FAILURES_LISTED = 20

/**
 * Compares a registry with the index and mends the index. The registry is only read. The index is then exact as of one
 * time, `readAt`; what it learns from later events wins. Reading begins `settleMs` after `readAt`: by then the registry
 * has stored what it announced before `readAt`. It sends the event of a push before it writes the tag
 * (docs/registries.md, Events).
 */
export function makeReconcile(deps: {
  readerOf: (registry: string) => RegistryReader
  index: Pick<UsageIndex, 'projects' | 'repositories' | 'facts' | 'apply' | 'forget' | 'retell'>
  projectOf: (registry: string, repository: string) => string
  ledger: Ledger
  recheckQuotas: (projects: Iterable<string>) => Promise<void>
  settleMs: number
  /** The registry's time, in epoch µs, exact to the second. `undefined` or an error if it does not tell. */
  clockOf: (registry: string) => Promise<number | undefined>
  /** epoch µs */
  now: () => number
  sleep: (ms: number) => Promise<unknown>
  log: Logger
}) {
  const { index, ledger, log } = deps

  return async function reconcile(
    { registry, dryRun, reason }: ReconcileJob,
    control: ReconcileControl,
  ): Promise<ReconcileReport> {
    const reader = deps.readerOf(registry)
    await reader.check()
    const run = await startOrResume(registry, control.id)
    const indexed = makeIndexedProjects(index)
    const listedProjects = new Set<string>()
    const readings = reader.read({
      ...(run.after !== undefined && { after: run.after }),
      expected: await indexed.expected(registry),
    })
    // Several repositories are mended at a time but counted in order, so all up to `run.after` are done.
    for await (const result of pMapIterable(untilStopped(readings), mend, REPOSITORIES)) {
      count(result)
      await ledger.saveRun(registry, run)
      await control.onProgress(run)
    }
    if (control.isStopping()) throw new ReconcileStopped(`stopped after ${run.after ?? 'nothing'}`)
    return finish()

    async function* untilStopped<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
      for await (const item of items) {
        if (control.isStopping()) return
        yield item
      }
    }

    async function mend(
      reading: RepositoryReading | ReadingFailure,
    ): Promise<MendedRepository | ReadingFailure> {
      if ('failure' in reading) return reading
      const { repository, unreadable } = reading
      const project = projectId(registry, deps.projectOf(registry, repository))
      const before = await indexed.repository(project, repository)
      const { facts, drift } = compare(reading, before, run.readAt)
      if (!dryRun && facts.length > 0) {
        for (let i = 0; i < facts.length; i += FACTS_PER_CALL)
          await index.apply(project, facts.slice(i, i + FACTS_PER_CALL))
        await deps.recheckQuotas([project])
      } else if (!dryRun && !listedProjects.has(project)) {
        // Puts the project back on the registry's list, which a Redis Cluster may have lost with a node.
        await index.apply(project, [])
      }
      listedProjects.add(project)
      return { repository, drift, unreadable: unreadable.length }
    }

    function count(result: MendedRepository | ReadingFailure): void {
      if ('failure' in result) {
        run.failed++
        if (run.failures.length < FAILURES_LISTED)
          run.failures.push(`${result.repository ?? 'the list of repositories'}: ${result.failure}`)
        log.warn({ registry, ...result }, 'reconcile could not read')
      } else {
        run.repositories++
        run.drift = addDrift(run.drift, result.drift)
        run.unreadable += result.unreadable
      }
      if (result.repository !== undefined) run.after = result.repository
    }

    async function finish(): Promise<ReconcileReport> {
      const { readAt, repositories, drift, failed, failures, unreadable } = run
      const report: ReconcileReport = {
        registry,
        method: reader.method,
        reason,
        dryRun,
        repositories,
        drift,
        failed,
        failures,
        unreadable,
        readAt: isoTime(readAt),
        finishedAt: isoTime(deps.now()),
        stored: (await reader.countBlobs()) ?? null,
      }
      const isExact = !dryRun && failed + unreadable === 0
      for (const project of dryRun ? [] : await index.projects(registry)) {
        // A killed worker may have applied facts to a project and not yet updated the registry's totals: this does it.
        await index.apply(project, [])
        // What could not be read may still need the deletions that the index remembers.
        if (isExact) await index.forget(project, readAt - DELETIONS_KEPT_US)
      }
      // Costs little beside reading the whole storage.
      if (reader.method === 'storage' && !dryRun) await index.retell(registry)
      await ledger.finish(registry, report, isExact ? { readAt } : undefined)
      log.info(report, 'reconciled')
      return report
    }
  }

  async function startOrResume(registry: string, id: string): Promise<ReconcileRun> {
    const unfinished = await ledger.unfinishedRun(registry)
    if (unfinished?.id === id) return unfinished
    const readAt = await currentTime(registry)
    await deps.sleep(deps.settleMs)
    const counts = { repositories: 0, failed: 0, unreadable: 0 }
    const run = { id, readAt, ...counts, drift: NO_DRIFT, failures: [] }
    await ledger.saveRun(registry, run)
    return run
  }

  /** The current time by the registry's clock, which dates its events. By ours if the two agree or it does not tell. */
  async function currentTime(registry: string): Promise<number> {
    const theirs = await deps.clockOf(registry).catch(() => undefined)
    const ours = deps.now()
    if (theirs === undefined || Math.abs(theirs - ours) < SAME_CLOCK_US) return ours
    const aheadMs = Math.round((theirs - ours) / 1000)
    log.warn({ registry, aheadMs }, "the registry's clock differs from ours")
    return theirs
  }
}

const isoTime = (us: number): string => new Date(us / 1000).toISOString()

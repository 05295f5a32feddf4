import type { Logger } from '../platform/log.ts'
import type { ReconcileJob } from '../queue/jobs.ts'
import { projectId } from '../usage/project.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import { compare } from './compare.ts'
import { addDrift, NO_DRIFT } from './drift.ts'
import { makeIndexedProjects } from './indexed-projects.ts'
import type { Ledger, ReconcileRun } from './ledger.ts'
import type { KnownRepository, ReadingFailure, RegistryReader, RepositoryReading } from './reading.ts'
import type { ReconcileReport } from './report.ts'

export interface ReconcileControl {
  /** The job's: a run that was killed goes on where the same job left it. */
  id: string
  onProgress: (run: ReconcileRun) => Promise<void>
  /** Throws `ReconcileStopped` between two repositories once this says so. */
  isStopping: () => boolean
}

export class ReconcileStopped extends Error {}

/** Facts in one call of the index, and repositories whose facts may be on their way at once. */
const FACTS = 200
const AHEAD = 12
/** Clocks apart by less are the same: a registry tells its own to the second. In µs. */
const SAME_CLOCK_US = 2_000_000
/** A deletion is remembered for a week, as long as an event is retried (queue/queues.ts), in µs. */
const LATE_US = 7 * 86_400_000_000
/** Of the failures of a run this many are told, the others counted. */
const FAILURES_TOLD = 20

/**
 * Compares a registry with the index and mends the index; nothing is ever asked of the registry but to be read. What it
 * says is true as of one moment, `readAt`, and only what the index heard of later is newer. The reading begins
 * `settleMs` after that moment, by when the registry has written what it announced before it: a push is told before
 * its tag is written (docs/registries.md, Events).
 */
export function makeReconcile(deps: {
  readerOf: (registry: string) => RegistryReader
  index: Pick<UsageIndex, 'projects' | 'facts' | 'apply' | 'forget' | 'retell'>
  repositoriesOf: (project: string) => Promise<string[]>
  projectOf: (registry: string, repository: string) => string
  ledger: Ledger
  recheckQuotas: (projects: Iterable<string>) => Promise<void>
  settleMs: number
  /** What a registry's clock says, epoch µs to the second; undefined or an error where it does not tell. */
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
    const run = await begin(registry, control.id)
    const projects = makeIndexedProjects(index)
    const projectOf = (repository: string) => projectId(registry, deps.projectOf(registry, repository))
    const saves: Promise<void>[] = []
    const listed = new Set<string>()

    const readings = reader.read({
      ...(run.after !== undefined && { after: run.after }),
      known: await knownRepositories(registry, projects),
    })
    for await (const reading of readings) {
      if (control.isStopping()) break
      const save = saves.length < AHEAD ? undefined : saves.shift()
      await save
      saves.push(settle(reading))
      saves.at(-1)?.catch(() => {}) // awaited later
    }
    await Promise.all(saves)
    if (control.isStopping()) throw new ReconcileStopped(`stopped after ${run.after ?? 'nothing'}`)
    return finish()

    /** Brings one repository's facts into the index and only then counts it as done. */
    async function settle(reading: RepositoryReading | ReadingFailure): Promise<void> {
      const before = saves.at(-1)
      if ('failure' in reading) {
        await before
        run.failed++
        if (run.failures.length < FAILURES_TOLD)
          run.failures.push(`${reading.repository ?? 'the list of repositories'}: ${reading.failure}`)
        log.warn({ registry, ...reading }, 'reconcile could not read')
      } else {
        const project = projectOf(reading.repository)
        const indexed = await projects.repository(project, reading.repository)
        const { facts, drift } = compare(reading, indexed, run.readAt)
        for (let i = 0; i < facts.length && !dryRun; i += FACTS)
          await index.apply(project, facts.slice(i, i + FACTS))
        // Also lists the project, should a Redis Cluster have lost the registry's list.
        if (facts.length === 0 && !dryRun && !listed.has(project)) await index.apply(project, [])
        listed.add(project)
        if (facts.length > 0 && !dryRun) await deps.recheckQuotas([project])
        await before
        run.repositories++
        run.drift = addDrift(run.drift, drift)
        run.unreadable += reading.unreadable.length
      }
      if (reading.repository !== undefined) run.after = reading.repository
      await ledger.saveRun(registry, run)
      await control.onProgress(run)
    }

    async function finish(): Promise<ReconcileReport> {
      const { readAt, repositories, drift, failed, failures, unreadable } = run
      const report = {
        ...{
          registry,
          method: reader.method,
          reason,
          dryRun,
          repositories,
          drift,
          failed,
          failures,
          unreadable,
        },
        ...{ readAt: isoTime(readAt), finishedAt: isoTime(deps.now()) },
        stored: (await reader.stored()) ?? null,
      }
      const isExact = !dryRun && failed + unreadable === 0
      for (const project of dryRun ? [] : await index.projects(registry)) {
        // A worker that was killed may have applied facts and not yet told the registry what the project holds.
        await index.apply(project, [])
        // What could not be read may still be in need of what is remembered about it.
        if (isExact) await index.forget(project, readAt - LATE_US)
      }
      // All of the registry was read, so this costs no more than that.
      if (reader.method === 'storage' && !dryRun) await index.retell(registry)
      await ledger.finish(registry, report, isExact ? { readAt } : undefined)
      log.info(report, 'reconciled')
      return report
    }
  }

  async function begin(registry: string, id: string): Promise<ReconcileRun> {
    const unfinished = await ledger.run(registry)
    if (unfinished?.id === id) return unfinished
    const readAt = await momentAt(registry)
    await deps.sleep(deps.settleMs)
    const counts = { repositories: 0, failed: 0, unreadable: 0 }
    const run = { id, readAt, ...counts, drift: NO_DRIFT, failures: [] }
    await ledger.saveRun(registry, run)
    return run
  }

  /** Now, by the clock that dates the registry's events, where that is not ours. */
  async function momentAt(registry: string): Promise<number> {
    const theirs = await deps.clockOf(registry).catch(() => undefined)
    const ours = deps.now()
    if (theirs === undefined || Math.abs(theirs - ours) < SAME_CLOCK_US) return ours
    log.warn({ registry, aheadMs: Math.round((theirs - ours) / 1000) }, "the registry's clock is not ours")
    return theirs
  }

  async function knownRepositories(
    registry: string,
    projects: ReturnType<typeof makeIndexedProjects>,
  ): Promise<KnownRepository[]> {
    const known: KnownRepository[] = []
    for (const project of await index.projects(registry))
      for (const repository of await deps.repositoriesOf(project))
        known.push({
          repository,
          digests: async () => {
            const { manifests } = await projects.repository(project, repository)
            return [...manifests.values()].map(({ digest }) => digest)
          },
        })
    return known
  }
}

const isoTime = (us: number): string => new Date(us / 1000).toISOString()

import pMap, { pMapIterable } from 'p-map'
import { AHEAD_US } from '../events/out-of-bounds.ts'
import type { BrokenLook } from '../integrity/watch-broken.ts'
import type { Logger } from '../platform/log.ts'
import { formatDuration } from '../platform/units.ts'
import type { RegistryAlert } from '../queue/alert.ts'
import type { ReconcileJob } from '../queue/jobs.ts'
import { DELETIONS_KEPT_US, type Fact } from '../usage/fact.ts'
import { projectId } from '../usage/project.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import { compare } from './compare.ts'
import type { FirstReading } from './first-reading.ts'
import { holdOf } from './hold.ts'
import { holdAlert } from './hold-alert.ts'
import { makeIndexedProjects } from './indexed-projects.ts'
import type { Ledger, ReconcileRun } from './ledger.ts'
import type { ReadingFailure, RegistryReader, RepositoryReading } from './reading.ts'
import { removeMissing } from './remove-missing.ts'
import type { ReconcileReport } from './report.ts'
import { reportText } from './report-text.ts'
import { type Compared, count, failureText, newRun, reportOf } from './run.ts'
import type { RunNotes } from './run-notes.ts'

export interface ReconcileControl {
  /** Identifies the job, also after Redis has lost its data. A job that runs again after a kill goes on where it stopped. */
  id: string
  /** Called after each repository, and before each removal. If it rejects, the reconcile ends with this error. */
  onProgress: (run: ReconcileRun) => Promise<void>
  /** Once this is true, the reconcile finishes the repositories at hand and throws `ReconcileStopped`. */
  isStopping: () => boolean
}

export class ReconcileStopped extends Error {}

/** Facts in one call of the index. */
const FACTS_PER_CALL = 200
/** Repositories that are compared and mended at a time. */
const REPOSITORIES = { concurrency: 12, backpressure: 12 }
/** Projects whose manifests are counted at a time. */
const PROJECTS = { concurrency: 12 }
/** A run that is older than this, in µs, is begun anew: a day. */
const RESUME_US = 86_400_000_000
/** Clocks that differ by less count as equal, since a registry tells its time to the second. In µs. */
const SAME_CLOCK_US = 2_000_000

/**
 * Compares a registry with the index and mends the index. The registry is only read. The index is then exact as of one
 * time, `readAt`; what it learns from later events wins. Reading begins `settleMs` after `readAt`: by then the registry
 * has stored what it announced before `readAt`. It sends the event of a push before it writes the tag
 * (docs/registries.md, Events).
 *
 * What the index lacks is added at once. What the registry lacks is removed at the end, when it is known how much that is
 * (hold.ts).
 */
export function makeReconcile(deps: {
  readerOf: (registry: string) => RegistryReader
  index: Pick<UsageIndex, 'projects' | 'repositories' | 'usage' | 'facts' | 'apply' | 'forget' | 'retell'>
  projectOf: (registry: string, repository: string) => string
  ledger: Ledger
  notes: RunNotes
  firstReading: FirstReading
  /** Looks at what was read for images that are not whole. */
  broken: {
    begin: (registry: string) => Promise<BrokenLook>
    tell: (registry: string, at: string) => Promise<void>
  }
  recheckQuotas: (projects: Iterable<string>) => Promise<void>
  /** Removes the flags of projects that were forgotten. */
  forgetFlags: (registry: string) => Promise<void>
  announce: (alert: RegistryAlert) => Promise<unknown>
  settleMs: number
  /** The registry's time, in epoch µs, exact to the second. `undefined` or an error if it does not tell. */
  clockOf: (registry: string) => Promise<number | undefined>
  /** epoch µs */
  now: () => number
  sleep: (ms: number) => Promise<unknown>
  log: Logger
}) {
  const { index, ledger, notes, log } = deps

  return async function reconcile(job: ReconcileJob, control: ReconcileControl): Promise<ReconcileReport> {
    const { registry, dryRun } = job
    const reader = deps.readerOf(registry)
    await reader.check()
    const run = await startOrResume(registry, control.id)
    const indexed = makeIndexedProjects(index)
    const expected = await indexed.expected(registry, run.readAt)
    const broken = await deps.broken.begin(registry)
    const listedProjects = new Set<string>()
    const isRead = !(await reader.answersForUpstream(expected[0]?.repository))
    if (isRead) await readAll()
    return finish()

    async function readAll(): Promise<void> {
      const onListed = (count: number) => {
        run.listed = count
      }
      const readings = reader.read({
        ...{ onListed, knownBroken: broken.known },
        expected: [...expected, ...broken.repositories().map(unindexed)],
        ...(run.after !== undefined && { after: run.after }),
      })
      // Several repositories are mended at a time but counted in order, so all up to `run.after` are done.
      for await (const result of pMapIterable(untilStopped(readings), mend, REPOSITORIES)) {
        if ('failure' in result) log.warn({ registry, ...result }, `${registry}: ${failureText(result)}`)
        count(run, result)
        await ledger.saveRun(registry, run)
        await control.onProgress(run)
      }
      if (control.isStopping()) throw new ReconcileStopped(`stopped after ${run.after ?? 'nothing'}`)
      await control.onProgress(run)
      if (!dryRun && holdOf(run, job) === null)
        await removeMissing({ ...deps, registry, run, reader, onProgress: control.onProgress })
    }

    async function* untilStopped<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
      for await (const item of items) {
        if (control.isStopping()) return
        yield item
      }
    }

    async function mend(reading: RepositoryReading | ReadingFailure): Promise<Compared | ReadingFailure> {
      if ('failure' in reading) {
        if (reading.repository !== undefined && !dryRun)
          await notes.addUnread(registry, projectOf(reading.repository))
        return reading
      }
      const project = projectOf(reading.repository)
      const before = await indexed.repository(project, reading.repository)
      const { facts, drift, loss } = compare(reading, before, run)
      if (!dryRun) {
        await write(project, facts, reading)
        await broken.look(reading)
      }
      return { reading, drift, loss }
    }

    async function write(project: string, facts: Fact[], { unreadable }: RepositoryReading): Promise<void> {
      const removals = facts.filter(isRemoval)
      const additions = facts.filter((fact) => !isRemoval(fact))
      if (unreadable.length > 0) await notes.addUnread(registry, project)
      for (const some of inCalls(removals)) await notes.addRemovals(registry, { project, facts: some })
      for (const some of inCalls(additions)) await index.apply(project, some)
      // Puts the project back on the registry's list, which a Redis Cluster may have lost with a node.
      if (additions.length === 0 && !listedProjects.has(project)) await index.apply(project, [])
      listedProjects.add(project)
      // Before the removals, the project may seem to be over its quota.
      if (additions.length > 0 && removals.length === 0) await deps.recheckQuotas([project])
    }

    async function finish(): Promise<ReconcileReport> {
      const report = reportOf(run, job, {
        method: isRead ? reader.method : 'events',
        finishedAt: deps.now(),
        stored: (await reader.countBlobs()) ?? null,
        gitlab: isRead ? await reader.gitlabSize() : undefined,
      })
      const isHeld = report.hold !== null
      if (!dryRun) await tidy()
      // Costs little beside reading the whole storage.
      if (reader.method === 'storage' && !dryRun) await index.retell(registry)
      if (isHeld && !dryRun) await announceHold(report)
      const isExact = isRead && !dryRun && !isHeld && run.failed === 0
      const { unreadable: images, unreadableRepositories } = report
      await ledger.finish(registry, report, {
        ...{ id: run.id, covers: run.covers },
        exact: isExact ? { since: run.readAt, images, repositories: unreadableRepositories } : undefined,
      })
      if (isRead && !dryRun && (run.failed === 0 || run.repositories > 0))
        await deps.firstReading.note(registry, run.readAt)
      if (isRead && !dryRun) await deps.broken.tell(registry, report.readAt)
      await notes.clear(registry)
      // The API has the lists.
      const { failures, unreadableImages, ...numbers } = report
      log.info(numbers, reportText(report))
      return report
    }

    async function tidy(): Promise<void> {
      const isHeld = holdOf(run, job) !== null
      const unread = await notes.unread(registry)
      const projects = await index.projects(registry)
      for (const project of projects) {
        // A killed worker may have applied facts to a project and not yet updated the registry's totals: this does it.
        await index.apply(project, [])
        // What could not be read may still need the deletions that the index remembers.
        if (isRead && !isHeld && !unread.has(project))
          await index.forget(project, run.readAt - DELETIONS_KEPT_US)
      }
      await deps.forgetFlags(registry)
      if (isHeld) await deps.recheckQuotas(projects)
    }

    /** Tells of a hold, unless the last reconcile was held, too. */
    async function announceHold({ hold, readAt }: ReconcileReport): Promise<void> {
      const { lastReport } = await ledger.status(registry)
      if (hold && !lastReport?.hold) await deps.announce(holdAlert(registry, hold, readAt))
    }

    function projectOf(repository: string): string {
      return projectId(registry, deps.projectOf(registry, repository))
    }
  }

  async function startOrResume(registry: string, id: string): Promise<ReconcileRun> {
    const [unfinished, covers] = await Promise.all([ledger.unfinishedRun(registry), ledger.asked(registry)])
    // A request that came after the run began has a reason that its `readAt` does not cover. After a long time, what the rest of
    // the run finds was hardly there at `readAt`.
    const isFresh = unfinished !== undefined && deps.now() - unfinished.readAt < RESUME_US
    if (isFresh && unfinished.id === id && unfinished.covers === covers) return unfinished
    await notes.clear(registry)
    // Later than that of the last run, though a clock was set back: what it found is older than what this one finds.
    const { lastReport } = await ledger.status(registry)
    const lastReadAt = lastReport ? Date.parse(lastReport.readAt) * 1000 : 0
    const readAt = Math.max(await currentTime(registry), lastReadAt + 1_000)
    await deps.sleep(deps.settleMs)
    const firstReadAt = (await deps.firstReading.at(registry)) ?? readAt
    const run = newRun({ id, covers, readAt, firstReadAt, manifests: await countManifests(registry) })
    await ledger.beginRun(registry, run)
    return run
  }

  /** The manifests that the index has of a registry. */
  async function countManifests(registry: string): Promise<number> {
    const countIn = async (project: string) => (await index.usage(project))?.manifests ?? 0
    const counts = await pMap(await index.projects(registry), countIn, PROJECTS)
    return counts.reduce((sum, manifests) => sum + manifests, 0)
  }

  /**
   * The current time by the registry's clock, which dates its events. By ours if the two agree, if it does not tell, or if
   * they differ by more than the time of an event may.
   */
  async function currentTime(registry: string): Promise<number> {
    const theirs = await deps.clockOf(registry).catch(() => undefined)
    const ours = deps.now()
    const aheadUs = (theirs ?? ours) - ours
    if (Math.abs(aheadUs) < SAME_CLOCK_US) return ours
    const isBelieved = Math.abs(aheadUs) <= AHEAD_US
    const aheadMs = Math.round(aheadUs / 1000)
    const apart = formatDuration(Math.abs(aheadMs))
    const consequence = isBelieved ? 'its time is used' : 'that is too much, and ours is used'
    log.warn(
      { registry, aheadMs, isBelieved },
      `${registry}: its clock is ${apart} ${aheadMs > 0 ? 'ahead of' : 'behind'} ours: ${consequence}`,
    )
    return isBelieved ? ours + aheadUs : ours
  }
}

/** A repository of which the index need not have anything. */
const unindexed = (repository: string) => ({
  repository,
  contents: async () => ({ manifests: [], unreferenced: [] }),
})

const isRemoval = ({ kind }: Fact): boolean => kind === 'delete' || kind === 'untag'

function* inCalls(facts: Fact[]): Generator<Fact[]> {
  for (let i = 0; i < facts.length; i += FACTS_PER_CALL) yield facts.slice(i, i + FACTS_PER_CALL)
}

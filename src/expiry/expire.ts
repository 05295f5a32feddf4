import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Logger } from '../platform/log.ts'
import type { Metrics } from '../platform/metrics.ts'
import { shareFor } from '../platform/share-for.ts'
import type { ExpiryAlert, RegistryAlert } from '../queue/alert.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { ObjectStore } from '../store/object-store.ts'
import type { SharedHoldings } from '../usage/read-reclaim.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import type { Audit } from './audit.ts'
import type { Deleted, ExpiryRun, Held, Progress } from './decision.ts'
import { makeDeletePace, makePatience } from './delete-pace.ts'
import { expireRepository, TooManyFailures } from './expire-repository.ts'
import { makeFamilies } from './families.ts'
import { makeNotices, NO_NOTICE } from './notices.ts'
import type { ExpiryPolicy } from './plan.ts'
import type { Planner } from './planner.ts'
import { DeletesDisabled } from './registry-refusal.ts'
import { makePlaceholders, type Placeholders } from './remove-tag-placeholder.ts'
import { makeRepositoryView, PLAN_MS } from './repository-view.ts'
import { type RunIdentity, runIdentity } from './run-id.ts'
import { openRunRecord } from './run-record.ts'
import { type ExpiryRuns, summaryOf } from './runs.ts'
import { countPlan, heldAlert, isTooMuch, makeShareGuard, ShareReached } from './share.ts'
import { makeStillUntags } from './still-untags.ts'
import { makeTrash } from './trash.ts'
import type { GarbageCollection } from './undo.ts'

/** By how much our clock and the registry's may differ in a run that deletes, in µs: five minutes. */
const CLOCK_BOUND_US = 300_000_000

/** Images that are deleted at a time, in one repository. */
const AT_ONCE = 4

/** How many repositories may fail one after the other before a run ends: the registry is not well. */
const MOST_REPOSITORIES = 3

/** A policy that runs. With the mode `plan` its runs are dry, whatever they were asked for. */
export type RunnablePolicy = ExpiryPolicy & { mode: 'plan' | 'apply' }

/** `maxShare` is the share of a project's images, from 0 to 1, that a run may delete, and of its tags that it may delete alone. */
export interface ExpirySettings {
  policies: readonly RunnablePolicy[]
  maxShare: number
  /** At each registry. */
  deletesPerSecond?: number | undefined
  /** `keep` is in ms. */
  trash: { keep: number }
  gc: GarbageCollection
}

/** What a run was asked for. */
export interface RunRequest {
  policy: string
  /** Several policies have one name, if each is for a registry of its own. */
  registry: string
  dryRun: boolean
  /** Whether it may delete more than `maxShare`. */
  acceptShare: boolean
  /** Who or what asked for it. */
  by: string
}

/** How a run looks outward, and how it is looked after. */
export interface RunControl {
  /** Who has stopped the run, and when; `undefined` if it goes on. It is asked before each delete. */
  stopOf?: () => Promise<{ by: string; at: string } | undefined>
  onProgress?: (progress: Progress) => Promise<unknown>
}

/** How often a dry run looks whether it goes on, in ms. */
const LOOK_MS = 1_000

/** Tallyman stops. Another attempt goes on with the run. */
export class RunPaused extends Error {
  override readonly name = 'RunPaused'
}

/** Somebody has stopped the run, or its policy was changed. */
class RunStopped extends Error {
  override readonly name = 'RunStopped'
}

/** Runs expiry policies. `now` is a clock in epoch µs; it is read again before each delete. */
export function makeExpiry(deps: {
  /** As configured now: a reload may change it, also while a run is queued or deletes. */
  settings: () => ExpirySettings
  index: UsageIndex
  clientOf: (registry: string) => RegistryClient
  store: ObjectStore
  audit: Audit
  runs: Pick<ExpiryRuns, 'append' | 'earlier' | 'get'>
  /** Why nothing may be deleted at a registry by what the index says now; `undefined` if there is no reason. */
  doubtOf: (registry: string) => Promise<string | undefined>
  planner: Planner
  announce: (alert: RegistryAlert | ExpiryAlert) => Promise<unknown>
  metrics: Metrics
  log: Logger
  now: () => number
  /** How long a plan may be used for deletes, in ms, and how many images are deleted at a time. */
  pace?: { planMs: number; atOnce: number }
  sleep?: (ms: number) => Promise<unknown>
}) {
  const { index, pace = { planMs: PLAN_MS, atOnce: AT_ONCE }, sleep = setTimeout } = deps
  const { planner } = deps
  const notices = makeNotices({ ...deps, gc: () => deps.settings().gc })
  const trash = makeTrash(deps)
  const families = makeFamilies(deps.store)

  let isStopping = false

  const policyOf = (name: string, registry: string) => {
    const policy = deps.settings().policies.find((p) => p.name === name && p.registry === registry)
    if (policy === undefined)
      throw new Error(`there is no expiry policy "${name}" for the registry "${registry}"`)
    return policy
  }

  /**
   * Makes the plan, carries out its deletes unless this is a dry run, and stores a record of the run, also while it deletes.
   * Once a day a run that is not dry also deletes the old entries of the trash.
   * @throws RunPaused once Tallyman stops. @throws if the store fails, if no more images can be deleted, if the index is not
   * exact, or if our clock and the registry's differ too much to tell how old an image is. What was done until then is recorded
   */
  async function run(
    request: RunRequest,
    identity: RunIdentity = runIdentity(deps.now() / 1000, randomUUID()),
    { stopOf = async () => undefined, onProgress = async () => {} }: RunControl = {},
  ): Promise<ExpiryRun> {
    const { policy: name, registry, acceptShare, by } = request
    const policy = policyOf(name, registry)
    const dryRun = request.dryRun || policy.mode === 'plan'
    const opened = await openRunRecord(
      { ...deps, onProgress },
      { ...identity, policy: name, registry, dryRun, by },
    )
    const { record } = opened
    const requireGoOn = async () => {
      if (isStopping) throw new RunPaused('Tallyman stops: this run goes on when it is back')
      const stop = await stopOf()
      if (stop !== undefined) throw new RunStopped(`${stop.by} stopped it at ${stop.at}`)
    }
    const withPatience = makePatience({ sleep, requireGoOn })
    let startedBy = Number.NaN
    const checkClockNow = async () => {
      await withPatience(() => checkClock(registry))
      startedBy = startOfProcess()
    }
    const checkNow = shareFor(pace.planMs, async () => {
      await checkIndex(registry)
      await checkClockNow()
    })
    const requireGoOnSoon = shareFor(LOOK_MS, requireGoOn)
    /** A policy that was changed or removed meanwhile, also its mode, ends the deletes of a run. */
    const requirePolicy = () => {
      if (!deps.settings().policies.some((one) => isDeepStrictEqual(one, policy)))
        throw new RunStopped('its policy was changed')
    }
    const mayDelete = async () => {
      if (dryRun) return requireGoOnSoon().then(() => false)
      await requireGoOn()
      requirePolicy()
      await checkNow()
      if (Math.abs(startOfProcess() - startedBy) > CLOCK_BOUND_US) await checkClockNow()
      // To look at the index takes time.
      requirePolicy()
      return true
    }
    const note = { by, registry, policy: name, run: record.id, dryRun }
    try {
      await deps.audit({ ...note, action: 'run.started', acceptShare })
      if (!dryRun) await checkNow()
      const { accepted, held } = await countAll(policy, mayDelete, acceptShare)
      if (held.length > 0) record.held = held
      if (policy.mode === 'plan' || policy.notice === undefined) await notices.forget(policy)
      if (!dryRun) for (const { project } of held) await notices.prune(policy, project)
      const planned = dryRun ? [...accepted, ...held] : accepted
      await opened.plan(sum(planned, 'deletes'), sum(planned, 'bytes'))
      const client = deps.clientOf(registry)
      const placeholders = makePlaceholders({ ...deps, client, registry, wait: withPatience, sleep })
      const tellSettled = makeTellSettled(note)
      await putAllBack(placeholders, registry, tellSettled)
      await settle(placeholders, policy, accepted, tellSettled, mayDelete)
      await opened.addEarlier(trash, client)
      try {
        await expireProjects(policy, planned, opened, placeholders, mayDelete, acceptShare)
      } finally {
        // A request may have failed right after the registry deleted an image with its tag.
        await putAllBack(placeholders, registry, tellSettled)
      }
      await opened.end('done')
    } catch (error) {
      const isPaused = error instanceof RunPaused
      const isStopped = error instanceof RunStopped
      const state = isPaused ? 'waiting' : isStopped ? 'stopped' : 'failed'
      await opened.end(state, error instanceof Error ? error.message : String(error))
      await noteEnd(record)
      // Another attempt would end the same.
      if (!isStopped && !(error instanceof DeletesDisabled)) throw error
    }
    if (record.state === 'done') await noteEnd(record)
    const { held = [] } = record
    if (held.length > 0 && !dryRun) await deps.announce(heldAlert(record, held, deps.settings().maxShare))
    if (!dryRun)
      await notices.forgetOthers(registry, deps.settings().policies, await index.projects(registry))
    if (!dryRun) await forgetOldTrash(record)
    return record
  }

  /** The record of the run is stored, so it is no failure if the audit is not. */
  async function noteEnd(run: ExpiryRun): Promise<void> {
    const { by, registry, policy, id, dryRun, state, stopped, kept, progress } = run
    const { planned, plannedBytes, freedBytes } = progress
    const { planned: _, ...outcomes } = summaryOf(run).outcomes
    await deps
      .audit({
        ...{ by, action: 'run.ended', registry, policy, run: id, dryRun, outcome: state },
        ...(stopped !== undefined && { why: stopped }),
        counts: { planned, plannedBytes, ...outcomes, freedBytes, kept },
      })
      .catch((error) => deps.log.warn({ err: error, run: id }, 'the end of a run is not in the audit'))
  }

  /** Makes a function that tells what became of what a run had begun with single tags and did not end. */
  const makeTellSettled =
    (note: Omit<Parameters<Audit>[0], 'action'>) =>
    async (image: string, outcome: string, why?: string): Promise<void> => {
      deps.log.warn({ image, outcome, why }, `a run did not come to its end with ${image}: ${outcome}`)
      await deps.audit({ ...note, action: 'tag.settled', image, outcome, ...(why !== undefined && { why }) })
    }

  /** Puts back what the registry deleted with a tag. */
  async function putAllBack(
    { putBacks }: Placeholders,
    registry: string,
    tell: ReturnType<typeof makeTellSettled>,
  ): Promise<void> {
    for await (const { repository, digest, outcome, why } of putBacks.settle())
      await tell(`${registry}/${repository}@${digest}`, outcome, why)
  }

  /** Ends what earlier runs have begun with placeholders. */
  async function settle(
    placeholders: Placeholders,
    policy: ExpiryPolicy,
    accepted: readonly Held[],
    tell: ReturnType<typeof makeTellSettled>,
    mayDelete: () => Promise<boolean>,
  ): Promise<void> {
    const stillUntags = makeStillUntags({ index, planner, policy, isPlaceholder: placeholders.isOurs })
    const settled = placeholders.settle(
      mayDelete,
      async (replaced) =>
        accepted.some(({ project }) => project === replaced.project) && (await stillUntags(replaced)),
    )
    for await (const { repository, tag, outcome, ...one } of settled)
      await tell(`${policy.registry}/${repository}:${tag}`, outcome, 'why' in one ? one.why : undefined)
  }

  /** Counts what the plans delete, project by project. Nothing may be deleted in those that are `held`. */
  async function countAll(
    policy: ExpiryPolicy,
    mayDelete: () => Promise<boolean>,
    acceptShare: boolean,
  ): Promise<{ accepted: Held[]; held: Held[] }> {
    const accepted: Held[] = []
    const held: Held[] = []
    const shared: SharedHoldings = new Map()
    for (const project of await index.projects(policy.registry)) {
      await mayDelete()
      const { counts, isHeld } = await countIn(policy, project, acceptShare, { bytes: shared })
      ;(isHeld ? held : accepted).push(counts)
    }
    return { accepted, held }
  }

  async function countIn(
    policy: ExpiryPolicy,
    project: string,
    acceptShare: boolean,
    options: Parameters<typeof countPlan>[3],
  ): Promise<{ counts: Held; isHeld: boolean }> {
    const counts = { project, ...(await countPlan(planner, policy, project, options)) }
    return { counts, isHeld: !acceptShare && isTooMuch(counts, deps.settings().maxShare) }
  }

  /** What a run evicts in a project. `isHeld`: it is too much now, with what the rules delete. */
  async function evictIn(policy: ExpiryPolicy, project: string, record: ExpiryRun, acceptShare: boolean) {
    const { chosen, problem } = await planner.evictionOf(policy, project)
    if (problem !== undefined)
      deps.log.warn({ policy: policy.name, registry: policy.registry, project, run: record.id }, problem)
    if (chosen.size === 0 || record.dryRun) return { evicted: chosen, isHeld: false }
    const again = await countIn(policy, project, acceptShare, { bytes: new Map(), evicted: chosen })
    if (again.isHeld) record.held = [...(record.held ?? []), again.counts]
    return { evicted: chosen, isHeld: again.isHeld }
  }

  async function expireProjects(
    policy: ExpiryPolicy,
    projects: readonly Held[],
    { record, add }: Awaited<ReturnType<typeof openRunRecord>>,
    placeholders: Placeholders,
    mayDelete: () => Promise<boolean>,
    acceptShare: boolean,
  ): Promise<void> {
    const { name, registry } = policy
    const client = deps.clientOf(registry)
    const others = new Set(
      deps
        .settings()
        .policies.filter((one) => one.registry === registry && one.name !== name)
        .map((one) => one.name),
    )
    // Also those of policies that were renamed or removed.
    const before = await families.of(registry, (one) => !others.has(one))
    const nextDelete = makeDeletePace(() => deps.settings().deletesPerSecond, sleep)
    const shared: SharedHoldings = new Map()
    let failures = 0
    let failure: Error | undefined
    for (const counts of projects) {
      const { project } = counts
      const share = makeShareGuard(counts, () =>
        acceptShare ? Number.POSITIVE_INFINITY : deps.settings().maxShare,
      )
      const mayDeleteHere = async () => {
        share.check()
        return mayDelete()
      }
      const reclaim = index.reclaim(project, shared)
      if (!record.dryRun) await mayDelete()
      const { evicted, isHeld } = await evictIn(policy, project, record, acceptShare)
      if (isHeld) continue
      const noticed = record.dryRun
        ? NO_NOTICE
        : await notices.begin({ id: record.id, at: record.at, policy: name }, policy, project, evicted)
      const onResult = (result: Deleted, bytes: number) => {
        noticed.note(result, bytes)
        share.note(result)
        return add(result, bytes)
      }
      const tellDone = () =>
        noticed.end().catch((err) => deps.log.warn({ err }, 'chat could not be told what has expired'))
      for (const repository of await planner.repositoriesIn(policy, project)) {
        const deletedBefore = before.get(repository) ?? []
        const scope = { policy, project, repository, deletedBefore, evicted, planMs: pace.planMs }
        const view = noticed.guard(
          makeRepositoryView({ ...scope, index, planner, isPlaceholder: placeholders.isOurs }),
        )
        try {
          const { kept } = await expireRepository({
            ...{ client, policy, run: record.id, repository, view, reclaim, trash, families },
            mayDelete: mayDeleteHere,
            ...{ placeholders, onResult, nextDelete, sleep, atOnce: pace.atOnce },
          })
          record.kept += kept
          failures = 0
        } catch (error) {
          if (error instanceof ShareReached) {
            record.held = [...(record.held ?? []), share.held()]
            break
          }
          // The other repositories may be well.
          if (!(error instanceof TooManyFailures) || ++failures === MOST_REPOSITORIES) {
            await tellDone()
            throw error
          }
          failure ??= error
        }
      }
      await tellDone()
    }
    if (failure !== undefined) throw failure
  }

  /** Ages count as of the beginning of the run: its clock was found right. If this fails, the next day tries again. */
  async function forgetOldTrash({ registry, at, id, by }: ExpiryRun): Promise<void> {
    try {
      await checkClock(registry)
      const entries = await trash.forgetOld(deps.settings().trash.keep, Date.parse(at))
      const note = { by, action: 'trash.purged', run: id, why: 'older than expiry.trash.keep' }
      if (entries > 0) await deps.audit({ ...note, counts: { entries } })
    } catch (error) {
      deps.log.warn({ err: error }, 'old entries of the trash could not be deleted')
    }
  }

  async function checkIndex(registry: string): Promise<void> {
    const doubt = await deps.doubtOf(registry)
    if (doubt !== undefined) throw new Error(`nothing is deleted at the registry "${registry}": ${doubt}`)
  }

  /** When this process started by our clock, epoch µs. It changes only if somebody sets the clock. */
  const startOfProcess = () => deps.now() - performance.now() * 1_000

  async function checkClock(registry: string): Promise<void> {
    const theirs = await deps.clientOf(registry).ping()
    const aheadUs = theirs === undefined ? 0 : deps.now() - theirs.getTime() * 1000
    if (Math.abs(aheadUs) <= CLOCK_BOUND_US) return
    const minutes = Math.round(Math.abs(aheadUs) / 60_000_000)
    const difference = `${minutes} minutes ${aheadUs > 0 ? 'ahead of' : 'behind'} that of the registry "${registry}"`
    throw new Error(`nothing is deleted: our clock is ${difference}`)
  }

  return {
    run,
    /** Ends the runs in hand before their next delete: a stop must not wait for thousands. */
    stop() {
      isStopping = true
    },
  }
}
export type Expiry = ReturnType<typeof makeExpiry>

const sum = (plans: readonly Held[], key: 'deletes' | 'bytes'): number =>
  plans.reduce((total, plan) => total + plan[key], 0)

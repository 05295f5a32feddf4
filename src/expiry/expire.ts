import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import type { Logger } from '../platform/log.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { ExpiryAlert, RegistryAlert } from '../queue/alert.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { ObjectStore } from '../store/object-store.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import type { Audit } from './audit.ts'
import { blockedAlert } from './blocked-alert.ts'
import { makeClockCheck } from './clock-check.ts'
import type { ExpiryRun, Held, Progress } from './decision.ts'
import { expireProjects } from './expire-projects.ts'
import type { ExpirySettings } from './expiry-settings.ts'
import { makeFamilies } from './families.ts'
import { makeHeldProjects } from './held-projects.ts'
import { makeNotices } from './notices.ts'
import type { Planner } from './planner.ts'
import { DeletesDisabled } from './registry-refusal.ts'
import { makePlaceholders } from './remove-tag-placeholder.ts'
import { PLAN_MS } from './repository-view.ts'
import { makeRunGate, ProtectionUnknown, RunPaused, RunStopped } from './run-gate.ts'
import { type RunIdentity, runIdentity } from './run-id.ts'
import { openRunRecord } from './run-record.ts'
import { countsOf } from './run-text.ts'
import { type ExpiryRuns, summaryOf } from './runs.ts'
import { putImagesBack, settleTags } from './settle-tags.ts'
import { heldAlert, heldText } from './share.ts'
import { type Limit, limitOf, policyDigest, type ShownPlan } from './shown-plan.ts'
import { makeShownPlans } from './shown-plans.ts'
import { makeTrash } from './trash.ts'
import { undoOf, undoSettingsAt } from './undo.ts'

/** Images that are deleted at a time, in one repository. */
const AT_ONCE = 4

/** What a run was asked for. */
export interface RunRequest {
  policy: string
  /** Several policies have one name, if each is for a registry of its own. */
  registry: string
  dryRun: boolean
  /** Whether it may delete more than `maxShare`. */
  acceptShare: boolean
  /** Globs over `registry/path`: it runs in these projects only. Absent: in all. */
  projects?: string[]
  /** The id of a plan that was shown: it deletes nothing else. */
  plan?: string
  /** Who or what asked for it. */
  by: string
}

/** How a run looks outward, and how it is looked after. */
export interface RunControl {
  /** Who has stopped the run, and when; `undefined` if it goes on. It is asked before each delete. */
  stopOf?: () => Promise<{ by: string; at: string } | undefined>
  onProgress?: (progress: Progress) => Promise<unknown>
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
  /** Whether a collection of garbage makes a registry read-only now. */
  isHeld: (registry: string) => Promise<boolean>
  /** Why it is not known what is protected at a registry, so that nothing goes. */
  failuresOf: (registry: string) => Promise<readonly string[]>
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
  const notices = makeNotices(deps)
  const trash = makeTrash(deps)
  const shownPlans = makeShownPlans(deps)
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
    const { policy: name, registry, acceptShare, projects, by } = request
    const policy = policyOf(name, registry)
    const dryRun = request.dryRun || policy.mode === 'plan'
    const opened = await openRunRecord(
      { ...deps, onProgress },
      {
        ...{ ...identity, policy: name, registry, dryRun, by },
        ...(acceptShare && { acceptShare }),
        ...(projects !== undefined && { projects }),
        undo: undoOf(undoSettingsAt(deps.settings(), registry), Date.parse(identity.at)),
      },
    )
    const { record } = opened
    const client = deps.clientOf(registry)
    const gate = makeRunGate({
      ...{ policy, dryRun, stopOf, sleep, doubtOf: deps.doubtOf, isHeld: deps.isHeld, planMs: pace.planMs },
      protectionDoubtOf: deps.planner.protectionDoubtOf,
      policies: () => deps.settings().policies,
      clock: makeClockCheck({ client, now: deps.now }),
      isStopping: () => isStopping,
    })
    const { mayDelete } = gate
    const maxShare = () => (acceptShare ? Number.POSITIVE_INFINITY : deps.settings().maxShare)
    const shown = request.plan === undefined ? {} : { plan: request.plan }
    const note = { by, registry, policy: name, run: record.id, dryRun, ...shown }
    try {
      await deps.audit({ ...note, action: 'run.started', acceptShare })
      await noteFailures(record)
      if (!dryRun) await gate.check()
      const limit = await limitBy(request.plan, record)
      const heldProjects = makeHeldProjects({ ...deps, policy, projects, limit, maxShare })
      const { accepted, held } = await heldProjects.countAll(mayDelete)
      if (held.length > 0) record.held = held
      if (policy.mode === 'plan' || policy.notice === undefined) await notices.forget(policy)
      if (!dryRun) for (const { project } of held) await notices.prune(policy, project)
      const planned = dryRun ? [...accepted, ...held] : accepted
      await opened.plan(sum(planned, 'deletes') + sum(planned, 'untags'), sum(planned, 'bytes'))
      const placeholders = makePlaceholders({ ...deps, client, registry, wait: gate.withPatience, sleep })
      const settling = { ...deps, placeholders, policy, note }
      await settleTags(settling, accepted, mayDelete)
      await opened.addEarlier(trash, client)
      try {
        await expireProjects(
          {
            ...{ ...deps, client, policy, maxShare, limit, opened, heldProjects, notices, placeholders },
            ...{ trash, families, mayDelete, pace, sleep },
          },
          planned,
        )
      } finally {
        // A request may have failed right after the registry deleted an image with its tag.
        await putImagesBack(settling)
      }
      // Sources are read again while it deletes.
      await noteFailures(record)
      await opened.end('done')
    } catch (error) {
      const isPaused = error instanceof RunPaused
      const isStopped = error instanceof RunStopped
      const state = isPaused ? 'waiting' : isStopped ? 'stopped' : 'failed'
      await opened.end(state, error instanceof Error ? error.message : String(error))
      await noteEnd(record)
      // Another attempt would end the same.
      if (!isStopped && !(error instanceof DeletesDisabled || error instanceof ProtectionUnknown)) throw error
    }
    if (record.state === 'done') await noteEnd(record)
    const { held = [] } = record
    if (held.length > 0 && !dryRun) await deps.announce(heldAlert(record, held, deps.settings().maxShare))
    if (!dryRun)
      await notices.forgetOthers(registry, deps.settings().policies, await index.projects(registry))
    if (!dryRun) await forgetOldTrash(record)
    return record
  }

  /** What the run may delete at most, if a plan was applied. @throws RunStopped if that is not the plan of the policy any more */
  async function limitBy(id: string | undefined, record: ExpiryRun): Promise<Limit | undefined> {
    if (id === undefined) return undefined
    const shown = await shownPlans.get(id)
    if (shown === undefined) throw new RunStopped(`the plan ${id} is not known any more: look at it again`)
    const named = deps.settings().policies.filter(({ name }) => name === record.policy)
    if (shown.policyDigest !== policyDigest(named))
      throw new RunStopped('its policy was changed since the plan was made that was applied')
    const images = shown.images.filter(({ project }) => project.startsWith(`${record.registry}/`))
    record.plan = { id, asOf: new Date(shown.asOf / 1000).toISOString(), ...amountOf(images) }
    return limitOf({ ...shown, images })
  }

  /** Notes what protects images and cannot be read, and tells people of it if that holds up deletes. */
  async function noteFailures(record: ExpiryRun): Promise<void> {
    const failures = await deps.failuresOf(record.registry)
    if (failures.length === 0) return
    record.warnings = [...new Set([...(record.warnings ?? []), ...failures])]
    if (!record.dryRun) await deps.announce(blockedAlert(record, failures))
  }

  /** The record of the run is stored, so it is no failure if the audit is not. */
  async function noteEnd(run: ExpiryRun): Promise<void> {
    const { by, registry, policy, id, dryRun, state, stopped } = run
    const why = [stopped, heldText(run)].filter((text) => text !== undefined).join('; ')
    await deps
      .audit({
        ...{ by, action: 'run.ended', registry, policy, run: id, dryRun, outcome: state },
        ...(why !== '' && { why }),
        counts: countsOf(summaryOf(run)),
      })
      .catch((error) => deps.log.warn({ err: error, run: id }, 'the end of a run is not in the audit'))
  }

  /** Ages count as of the beginning of the run: its clock was found right. If this fails, the next day tries again. */
  async function forgetOldTrash({ registry, at, id, by }: ExpiryRun): Promise<void> {
    try {
      await makeClockCheck({ client: deps.clientOf(registry), now: deps.now }).check(registry)
      const entries = await trash.forgetOld(deps.settings().trash.keep, Date.parse(at))
      const note = { by, action: 'trash.purged', run: id, why: 'older than expiry.trash.keep' }
      if (entries > 0) await deps.audit({ ...note, counts: { entries } })
    } catch (error) {
      deps.log.warn({ err: error }, 'old entries of the trash could not be deleted')
    }
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

const amountOf = (images: ShownPlan['images']) => ({
  images: images.filter(({ verdict }) => verdict === 'delete').length,
  tags: images.reduce((count, { verdict, tags }) => count + (verdict === 'untag' ? tags.length : 0), 0),
})

const sum = (plans: readonly Held[], key: 'deletes' | 'untags' | 'bytes'): number =>
  plans.reduce((total, plan) => total + plan[key], 0)

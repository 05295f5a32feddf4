import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Logger } from '../platform/log.ts'
import type { Metrics } from '../platform/metrics.ts'
import { shareFor } from '../platform/share-for.ts'
import type { RegistryAlert } from '../queue/alert.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { ObjectStore } from '../store/object-store.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import type { Decision, ExpiryRun, Held } from './decision.ts'
import { warningsAbout } from './dialect-opinions.ts'
import { expireRepository, TooManyFailures } from './expire-repository.ts'
import { makeFamilies } from './families.ts'
import type { ExpiryPolicy } from './plan.ts'
import { makePlanner } from './planner.ts'
import type { FindProtection } from './protection.ts'
import { DeletesDisabled } from './registry-refusal.ts'
import { makePlaceholders } from './remove-tag-placeholder.ts'
import { makeRepositoryView, PLAN_MS } from './repository-view.ts'
import { openRunRecord } from './run-record.ts'
import type { ExpiryRuns } from './runs.ts'
import { countDeletes, heldAlert, isTooMuch } from './share.ts'
import { makeTrash } from './trash.ts'

/** By how much our clock and the registry's may differ in a run that deletes, in µs: five minutes. */
const CLOCK_BOUND_US = 300_000_000

/** Images that are deleted at a time, in one repository. */
const AT_ONCE = 4

/** How many repositories may fail one after the other before a run ends: the registry is not well. */
const MOST_REPOSITORIES = 3

/** A policy that runs. With the mode `plan` its runs are dry, whatever they were asked for. */
export type RunnablePolicy = ExpiryPolicy & { mode: 'plan' | 'apply' }

/** `maxShare` is the share of a project's images, from 0 to 1, that a run may delete. */
export interface ExpirySettings {
  policies: readonly RunnablePolicy[]
  maxShare: number
  /** `keep` is in ms. */
  trash: { keep: number }
}

/** What a run was asked for. */
export interface RunRequest {
  policy: string
  /** Several policies have one name, if each is for a registry of its own. */
  registry: string
  dryRun: boolean
  /** Whether it may delete more than `maxShare`. */
  acceptShare: boolean
}

/** Warnings of a plan that are told. Some are about one repository. */
const MOST_WARNINGS = 100

/** The id of a run, and when it was asked for. A job that is run again goes on with its record. */
export interface RunIdentity extends Pick<ExpiryRun, 'id' | 'at'> {
  /** Whether an earlier attempt of the job was begun. It may have been killed before it recorded all that it did. */
  isAgain?: boolean
}

/** Plans and runs expiry policies. `now` is a clock in epoch µs; it is read again before each delete. */
export function makeExpiry(deps: {
  /** As configured now: a reload may change it, also while a run is queued or deletes. */
  settings: () => ExpirySettings
  index: UsageIndex
  clientOf: (registry: string) => RegistryClient
  store: ObjectStore
  runs: Pick<ExpiryRuns, 'append' | 'earlier'>
  /** Why nothing may be deleted at a registry by what the index says now; `undefined` if there is no reason. */
  doubtOf: (registry: string) => Promise<string | undefined>
  /** What protects images of a registry, whatever a policy says. */
  findProtections: FindProtection
  announce: (alert: RegistryAlert) => Promise<unknown>
  metrics: Metrics
  log: Logger
  now: () => number
  /** How long a plan may be used for deletes, in ms, and how many images are deleted at a time. */
  pace?: { planMs: number; atOnce: number }
}) {
  const { index, pace = { planMs: PLAN_MS, atOnce: AT_ONCE } } = deps
  const planner = makePlanner(deps)
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
   * The decision for every image in the repositories of a policy, one repository at a time. `warnings` gets what its dialect
   * warns of, each once, and no more than 100.
   */
  async function* plan(name: string, warnings = new Set<string>()): AsyncGenerator<Decision> {
    const warn = (warning: string) => void (warnings.size < MOST_WARNINGS && warnings.add(warning))
    const policies = deps.settings().policies.filter((one) => one.name === name)
    if (policies.length === 0) throw new Error(`there is no expiry policy "${name}"`)
    for (const policy of policies) {
      if ('dialect' in policy) warningsAbout(policy).forEach(warn)
      for (const project of await index.projects(policy.registry))
        yield* planner.planProject(policy, project, warn)
    }
  }

  /**
   * Makes the plan, carries out its deletes unless this is a dry run, and stores a record of the run, also while it deletes.
   * Once a day a run that is not dry also deletes the old entries of the trash.
   * @throws if the store fails, if no more images can be deleted, if the index is not exact, or if our clock and the
   * registry's differ too much to tell how old an image is. What was done until then is recorded
   */
  async function run(
    { policy: name, registry, dryRun: isDryRunAsked, acceptShare }: RunRequest,
    { id, at, isAgain = false }: RunIdentity = {
      id: randomUUID(),
      at: new Date(deps.now() / 1000).toISOString(),
    },
  ): Promise<ExpiryRun> {
    const policy = policyOf(name, registry)
    const dryRun = isDryRunAsked || policy.mode === 'plan'
    if (!dryRun) await checkClock(registry)
    const opened = await openRunRecord(deps, { id, at, policy: name, registry, dryRun })
    const { record, add: onResult } = opened
    const held: Held[] = []
    /** A policy that was changed or removed meanwhile, also its mode, ends the deletes of a run. */
    const isToDelete = () => !dryRun && deps.settings().policies.some((one) => isDeepStrictEqual(one, policy))
    const checkNow = shareFor(pace.planMs, () => checkIndex(registry))
    const mayDelete = async () => {
      if (isStopping && !dryRun) throw new Error('Tallyman stops: the next attempt goes on with this run')
      if (!isToDelete()) return false
      await checkNow()
      return isToDelete()
    }
    const client = deps.clientOf(registry)
    const placeholders = makePlaceholders({ ...deps, client, registry })
    const before = await families.of(registry, name)
    let failures = 0
    let failure: Error | undefined
    try {
      for await (const { repository, tag, outcome } of placeholders.settle(mayDelete))
        deps.log.warn({ registry, repository, tag, outcome }, 'an earlier run left a tag on a placeholder')
      if (isAgain && !dryRun) await opened.addEarlier(trash, client)
      for (const project of await index.projects(registry)) {
        await mayDelete()
        const counts = await countDeletes(planner.planProject(policy, project))
        if (!acceptShare && isTooMuch(counts, deps.settings().maxShare)) {
          held.push({ project, ...counts })
          if (!dryRun) continue
        }
        for (const repository of await planner.repositoriesIn(policy, project)) {
          const deletedBefore = before.get(repository) ?? []
          const scope = { policy, project, repository, deletedBefore, planMs: pace.planMs }
          const view = makeRepositoryView({ ...scope, index, planner, isPlaceholder: placeholders.isOurs })
          try {
            const { kept } = await expireRepository({
              ...{ client, policy, run: id, repository, view, trash, families, mayDelete, onResult },
              placeholders,
              atOnce: pace.atOnce,
            })
            record.kept += kept
            failures = 0
          } catch (error) {
            // The other repositories may be well.
            if (!(error instanceof TooManyFailures) || ++failures === MOST_REPOSITORIES) throw error
            failure ??= error
          }
        }
      }
      if (failure !== undefined) throw failure
    } catch (error) {
      const stopped = error instanceof Error ? error.message : String(error)
      await opened.stop(stopped)
      if (!(error instanceof DeletesDisabled)) throw error
      // Another attempt would end the same.
      deps.log.warn({ policy: name, registry }, `expiry ${name}: ${stopped}`)
      return { ...record, stopped }
    }
    if (held.length > 0) record.held = held
    await opened.finish()
    if (held.length > 0 && !dryRun) await deps.announce(heldAlert(record, held, deps.settings().maxShare))
    if (!dryRun) await forgetOldTrash()
    return record
  }

  /** The clock was found right before. If this fails, the next day tries again. */
  const forgetOldTrash = (): Promise<void> =>
    trash
      .forgetOld(deps.settings().trash.keep)
      .catch((error) => deps.log.warn({ err: error }, 'old entries of the trash could not be deleted'))

  async function checkIndex(registry: string): Promise<void> {
    const doubt = await deps.doubtOf(registry)
    if (doubt !== undefined) throw new Error(`nothing is deleted at the registry "${registry}": ${doubt}`)
  }

  async function checkClock(registry: string): Promise<void> {
    const theirs = await deps.clientOf(registry).ping()
    const aheadUs = theirs === undefined ? 0 : deps.now() - theirs.getTime() * 1000
    if (Math.abs(aheadUs) <= CLOCK_BOUND_US) return
    const minutes = Math.round(Math.abs(aheadUs) / 60_000_000)
    const difference = `${minutes} minutes ${aheadUs > 0 ? 'ahead of' : 'behind'} that of the registry "${registry}"`
    throw new Error(`nothing is deleted: our clock is ${difference}`)
  }

  return {
    plan,
    run,
    /** Ends the runs in hand before their next delete: a stop must not wait for thousands. */
    stop() {
      isStopping = true
    },
  }
}
export type Expiry = ReturnType<typeof makeExpiry>

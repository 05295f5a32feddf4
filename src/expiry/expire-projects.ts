import type { Logger } from '../platform/log.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { SharedHoldings } from '../usage/read-reclaim.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import type { Deleted, Held } from './decision.ts'
import { makeDeletePace } from './delete-pace.ts'
import { expireRepository, TooManyFailures } from './expire-repository.ts'
import type { ExpirySettings } from './expiry-settings.ts'
import type { makeFamilies } from './families.ts'
import type { HeldProjects } from './held-projects.ts'
import { withLimit } from './limited-view.ts'
import { type makeNotices, NO_NOTICE } from './notices.ts'
import type { ExpiryPolicy } from './plan.ts'
import type { Planner } from './planner.ts'
import type { Placeholders } from './remove-tag-placeholder.ts'
import { makeRepositoryView } from './repository-view.ts'
import { RunStopped } from './run-gate.ts'
import type { OpenRun } from './run-record.ts'
import { makeShareGuard, ShareReached } from './share.ts'
import type { Limit } from './shown-plan.ts'
import type { makeTrash } from './trash.ts'

/** How many repositories may fail one after the other before a run ends: the registry is not well. */
const MOST_REPOSITORIES = 3

/**
 * Carries out a policy in the given projects, one repository after the other.
 * @throws what `mayDelete` throws; if images of three repositories in a row cannot be deleted, at once; if fewer, at the end
 */
export async function expireProjects(
  deps: {
    index: UsageIndex
    client: RegistryClient
    planner: Planner
    policy: ExpiryPolicy
    settings: () => ExpirySettings
    maxShare: () => number
    /** Only what a plan shows that somebody applied. */
    limit: Limit | undefined
    opened: OpenRun
    heldProjects: HeldProjects
    notices: ReturnType<typeof makeNotices>
    placeholders: Placeholders
    trash: ReturnType<typeof makeTrash>
    families: ReturnType<typeof makeFamilies>
    log: Logger
    mayDelete: () => Promise<boolean>
    /** Whether a collection of garbage makes a registry read-only now. */
    isHeld: (registry: string) => Promise<boolean>
    pace: { planMs: number; atOnce: number }
    sleep: (ms: number) => Promise<unknown>
  },
  projects: readonly Held[],
): Promise<void> {
  const { index, client, planner, policy, notices, placeholders, trash, families, mayDelete, pace, sleep } =
    deps
  const { record, add } = deps.opened
  const hold = (held: Held) => {
    record.held = [...(record.held ?? []), held]
  }
  const before = await deletedBefore()
  const nextDelete = makeDeletePace(() => deps.settings().deletesPerSecond, sleep)
  const shared: SharedHoldings = new Map()
  let failures = 0
  let failure: Error | undefined

  /** What earlier runs have deleted in each repository, also those of policies that were renamed or removed. */
  async function deletedBefore() {
    const { name, registry } = policy
    const others = deps.settings().policies.filter((one) => one.registry === registry && one.name !== name)
    const otherNames = new Set(others.map((one) => one.name))
    return families.of(registry, (one) => !otherNames.has(one))
  }

  async function expireProject(counts: Held): Promise<void> {
    const { project } = counts
    const share = makeShareGuard(counts, deps.maxShare)
    const reclaim = index.reclaim(project, shared)
    if (!record.dryRun) await mayDelete()
    const limit = await planner.limitOf(project)
    const { evicted, held, problem } = await deps.heldProjects.evictIn(project, record)
    if (problem !== undefined) record.warnings = [...(record.warnings ?? []), problem]
    if (held !== undefined) return hold(held)
    const noticed = record.dryRun
      ? NO_NOTICE
      : await notices.begin({ id: record.id, at: record.at, policy: policy.name }, policy, project, evicted)
    deps.opened.addNoticed(noticed)

    async function expireOne(repository: string): Promise<void> {
      const scope = { policy, project, repository, evicted, planMs: pace.planMs }
      const whole = makeRepositoryView({
        ...{ ...scope, deletedBefore: before.get(repository) ?? [] },
        ...{ index, planner, isPlaceholder: placeholders.isOurs },
      })
      const view = deps.limit === undefined ? whole : withLimit(whole, deps.limit)
      const { kept } = await expireRepository({
        ...{ client, policy, run: record.id, repository, reclaim, trash, families, placeholders },
        view: noticed.guard(view),
        isHeld: () => deps.isHeld(policy.registry),
        async mayDelete() {
          share.check()
          const mayDeleteNow = await mayDelete()
          if (evicted.size > 0 && (await planner.limitOf(project)) !== limit)
            throw new RunStopped(`the quota of ${project} was changed`)
          return mayDeleteNow
        },
        onResult(result: Deleted, bytes: number) {
          noticed.note(result, bytes)
          share.note(result)
          return add(result, bytes)
        },
        ...{ nextDelete, sleep, atOnce: pace.atOnce },
      })
      record.kept += kept
    }

    try {
      for (const repository of await planner.repositoriesIn(policy, project))
        try {
          await expireOne(repository)
          failures = 0
        } catch (error) {
          // The other repositories may be well.
          if (!(error instanceof TooManyFailures) || ++failures === MOST_REPOSITORIES) throw error
          failure ??= error
        }
    } catch (error) {
      if (!(error instanceof ShareReached)) throw error
      hold(share.held())
    } finally {
      await noticed.end().catch((err) => deps.log.warn({ err }, 'chat could not be told what has expired'))
    }
  }

  for (const counts of projects) await expireProject(counts)
  if (failure !== undefined) throw failure
}

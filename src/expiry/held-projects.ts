import { makeGlob } from '../platform/glob.ts'
import type { Logger } from '../platform/log.ts'
import type { SharedHoldings } from '../usage/read-reclaim.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import type { ExpiryRun, Held } from './decision.ts'
import type { ChosenImages } from './evicted.ts'
import type { ExpiryPolicy } from './plan.ts'
import type { Planner } from './planner.ts'
import { countPlan, isTooMuch } from './share.ts'
import type { Limit } from './shown-plan.ts'

/** Finds the projects in which a run may delete nothing, since it would delete more than `maxShare` of them. */
export function makeHeldProjects(deps: {
  index: Pick<UsageIndex, 'projects'>
  planner: Planner
  log: Logger
  policy: ExpiryPolicy
  /** Globs over `registry/path`: only in these projects. `undefined`: in all. */
  projects: readonly string[] | undefined
  /** Only what a plan shows that somebody applied. */
  limit: Limit | undefined
  maxShare: () => number
}) {
  const { planner, policy, limit } = deps
  const globs = deps.projects?.map(makeGlob)
  const isMeant = (project: string) =>
    (globs?.some((matches) => matches(project)) ?? true) && (limit?.touches(project) ?? true)

  async function countIn(project: string, options: { bytes: SharedHoldings; evicted?: ChosenImages }) {
    const counts: Held = { project, ...(await countPlan(planner, policy, project, { ...options, limit })) }
    return { counts, isHeld: isTooMuch(counts, deps.maxShare()) }
  }

  return {
    /** Counts what the plans delete, project by project. `mayGoOn` throws if the run ends. */
    async countAll(mayGoOn: () => Promise<unknown>): Promise<{ accepted: Held[]; held: Held[] }> {
      const accepted: Held[] = []
      const held: Held[] = []
      const bytes: SharedHoldings = new Map()
      for (const project of (await deps.index.projects(policy.registry)).filter(isMeant)) {
        await mayGoOn()
        const { counts, isHeld } = await countIn(project, { bytes })
        ;(isHeld ? held : accepted).push(counts)
      }
      return { accepted, held }
    },

    /** What a run evicts in a project. `held`: with what the rules delete it is too much now. `problem`: it is not enough. */
    async evictIn(
      project: string,
      run: Pick<ExpiryRun, 'id' | 'dryRun'>,
    ): Promise<{ evicted: ChosenImages; held?: Held; problem?: string | undefined }> {
      const { chosen, problem } = await planner.evictionOf(policy, project)
      if (problem !== undefined)
        deps.log.warn({ policy: policy.name, registry: policy.registry, project, run: run.id }, problem)
      if (chosen.size === 0 || run.dryRun) return { evicted: chosen, problem }
      const again = await countIn(project, { bytes: new Map(), evicted: chosen })
      return { evicted: chosen, problem, ...(again.isHeld && { held: again.counts }) }
    },
  }
}
export type HeldProjects = ReturnType<typeof makeHeldProjects>

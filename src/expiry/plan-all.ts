import { inPieces } from '../platform/in-pieces.ts'
import { projectId } from '../usage/project.ts'
import type { SharedHoldings } from '../usage/read-reclaim.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import type { Decision } from './decision.ts'
import type { DetailsReader } from './details/make-details.ts'
import { warningsAbout } from './dialect-opinions.ts'
import type { ExpiryPolicy } from './plan.ts'
import { withBytes } from './plan-bytes.ts'
import { makeDescribe, type PlannedImage } from './planned-image.ts'
import type { Planner } from './planner.ts'

/** Which images of a plan are wanted. What is not given is not looked at. */
export interface PlanFilter {
  registry?: string | undefined
  /** `registry/path` */
  project?: string | undefined
  repository?: string | undefined
}

/** The place of an image in a plan. */
export interface PlanPosition {
  policy: string
  registry: string
  project: string
  repository: string
  digest: string
}

/** A part of a policy's plan: decisions on images of one repository, or none and only warnings. */
export interface PlanPart {
  policy: string
  registry: string
  /** How many images were decided on. */
  decided: number
  /** In order of digest. */
  decisions: Decision[]
  /** Describes one of them. It takes some 10 µs, and few may be wanted. */
  describe: (decision: Decision) => PlannedImage
  /** What the dialect of the policy warns of, each once a plan, and no more than 100. Some are about one repository. */
  warnings: string[]
}

const MOST_WARNINGS = 100

const NONE: Pick<PlanPart, 'decisions' | 'describe'> = {
  decisions: [],
  describe: () => {
    throw new Error('there is no decision to describe')
  },
}

/**
 * Makes the plan of policies for people: with ages, uses and near misses. It is in the order of `policies`, then of projects,
 * repositories and digests. Each repository costs only itself, unless the policy evicts: that costs its project. The bytes of the
 * images add up to those of the plan; if it begins in the middle, they count from there.
 */
export function makePlanAll(deps: {
  index: Pick<UsageIndex, 'projects' | 'images' | 'reclaim'>
  planner: Pick<Planner, 'repositoriesIn' | 'decide' | 'evictedIn' | 'useOf'>
  details: Pick<DetailsReader, 'budget'>
  /** The path of the project of a repository. */
  projectOf: (registry: string, repository: string) => string
}) {
  const { index, planner } = deps

  /** In order, those that the filter lets through. */
  async function projectsOf(registry: string, { project, repository }: PlanFilter): Promise<string[]> {
    if (project === undefined && repository === undefined) return (await index.projects(registry)).toSorted()
    const wanted = project ?? projectId(registry, deps.projectOf(registry, repository ?? ''))
    return wanted.startsWith(`${registry}/`) ? [wanted] : []
  }

  async function repositoriesOf(policy: ExpiryPolicy, project: string, { repository }: PlanFilter) {
    const all = await planner.repositoriesIn(policy, project)
    return repository === undefined ? all.toSorted() : all.filter((name) => name === repository)
  }

  /** `asOf` is epoch µs. The plan begins after the position `after`, which must be of one of the policies. */
  return async function* planAll(
    policies: readonly ExpiryPolicy[],
    filter: PlanFilter,
    { asOf, after }: { asOf: number; after?: PlanPosition | undefined },
  ): AsyncGenerator<PlanPart> {
    const first = after === undefined ? 0 : policies.findIndex((policy) => isOf(policy, after))
    const told = new Map<string, Set<string>>()
    const budget = deps.details.budget()
    for (const [n, policy] of policies.slice(first).entries()) {
      const { name, registry } = policy
      if (filter.registry !== undefined && filter.registry !== registry) continue
      const start = n === 0 ? after : undefined
      const known = told.get(name) ?? new Set()
      told.set(name, known)
      const warnings: string[] = []
      const warn = (warning: string) => {
        if (known.has(warning) || known.size === MOST_WARNINGS) return
        known.add(warning)
        warnings.push(warning)
      }
      const takeWarnings = () => warnings.splice(0)
      if ('dialect' in policy) warningsAbout(policy).forEach(warn)
      yield { policy: name, registry, decided: 0, ...NONE, warnings: takeWarnings() }
      const use = await planner.useOf(registry)
      const shared: SharedHoldings = new Map()
      for (const project of await projectsOf(registry, filter)) {
        if (start !== undefined && project < start.project) continue
        const request = { now: asOf, explain: true, warn }
        const evicted = await planner.evictedIn(policy, project, request, budget)
        const reclaim = index.reclaim(project, shared)
        for (const repository of await repositoriesOf(policy, project, filter)) {
          const isStart = start?.project === project
          if (isStart && repository < start.repository) continue
          const images = await index.images(project, repository)
          const decided = await planner.decide(policy, project, images, { ...request, evicted }, budget)
          const counted = await withBytes(decided, reclaim)
          const sorted = counted.toSorted((a, b) => (a.digest < b.digest ? -1 : 1))
          const isPartly = isStart && repository === start.repository
          yield {
            ...{ policy: name, registry, decided: decided.length },
            decisions: isPartly ? sorted.filter(({ digest }) => digest > start.digest) : sorted,
            describe: await inPieces(makeDescribe(images, use)),
            warnings: takeWarnings(),
          }
        }
      }
    }
  }
}
export type PlanAll = ReturnType<typeof makePlanAll>

/** Whether a position is in the plan of a policy. */
export const isOf = ({ name, registry }: ExpiryPolicy, position: PlanPosition): boolean =>
  name === position.policy && registry === position.registry

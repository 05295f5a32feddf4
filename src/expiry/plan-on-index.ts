import { makeGlob } from '../platform/glob.ts'
import { inPieces } from '../platform/in-pieces.ts'
import { splitProjectId } from '../usage/project.ts'
import type { Freed, ImageId } from '../usage/read-reclaim.ts'
import type { ExpiryPolicy } from './plan.ts'
import { takeAll } from './plan-bytes.ts'
import { makePlanner } from './planner.ts'

/** What runs of all policies would free in a project now, `mode: plan` or not. `isExact`: false if it may be another number. */
export interface ProjectPlan extends Freed {
  images: number
  /** The names of the policies that are about the project. */
  policies: string[]
  isExact: boolean
}

type Planning = Parameters<typeof makePlanner>[0]

/**
 * Makes what plans a project by the index alone: it asks no registry. The function gives `undefined` if no policy is about the
 * project, and throws if it cannot be told what would go.
 */
export function makePlanOnIndex(deps: {
  /** As configured now. */
  policies: () => readonly ExpiryPolicy[]
  /** What a planner of runs is made with. */
  planning: Planning
  /** Why the index of a registry may be wrong now; `undefined` if there is no reason. */
  doubtOf: (registry: string) => Promise<string | undefined>
  /** A project with more is not planned. */
  mostManifests: number
}) {
  const { planning, mostManifests } = deps
  const { index } = planning

  return async function planOnIndex(
    project: string,
    { isEscalated, signal }: { isEscalated: boolean; signal: AbortSignal },
  ): Promise<ProjectPlan | undefined> {
    const policies = policiesAbout(deps.policies(), project)
    if (policies.length === 0) return undefined
    signal.throwIfAborted()
    const { registry } = splitProjectId(project)
    const { manifests = 0 } = (await index.usage(project)) ?? {}
    if (manifests > mostManifests)
      throw new Error(`it has ${manifests} manifests, more than ${mostManifests}`)
    let isExact = (await deps.doubtOf(registry)) === undefined
    const planner = plannerOnIndex(isEscalated ? evictingNow(planning) : planning, () => {
      isExact = false
    })
    const unknown = await planner.protectionDoubtOf(registry)
    if (unknown !== undefined) throw new Error(unknown)
    /** Two policies may delete the same image. */
    const going = new Map<string, ImageId>()
    const names = new Set<string>()
    for (const policy of policies)
      for await (const decisions of planner.planProject(policy, project)) {
        signal.throwIfAborted()
        if (decisions.length > 0) names.add(policy.name)
        for (const { verdict, isUnread, repository, digest } of decisions) {
          // What stays only until a new image is read counts: most likely it goes then.
          if (verdict === 'delete' || isUnread) going.set(`${repository}@${digest}`, { repository, digest })
          if (isUnread) isExact = false
        }
      }
    if (names.size === 0) return undefined
    const reclaim = index.reclaim(project)
    await reclaim.load([...going.values()])
    const freed = await inPieces(takeAll(going.values(), reclaim))
    return { ...freed, images: going.size, policies: [...names], isExact }
  }
}
export type PlanOnIndex = ReturnType<typeof makePlanOnIndex>

export const policiesAbout = (policies: readonly ExpiryPolicy[], project: string) =>
  policies.filter(
    (policy) => project.startsWith(`${policy.registry}/`) && makeGlob(policy.project ?? '**')(project),
  )

const evictingNow = (planning: Planning): Planning => ({
  ...planning,
  quotaOf: async (project) => ({ ...(await planning.quotaOf(project)), evictsLater: false }),
})

/** A planner that asks no registry. It calls `onUnknown` if it would need to, for something that a policy wants to know. */
const plannerOnIndex = (planning: Planning, onUnknown: () => void) =>
  makePlanner({
    ...planning,
    // Nothing is known of images that were not read yet. The plan says that it keeps others for their sake.
    findNotUnderstood: async () => new Map(),
    details: {
      ...planning.details,
      async of(request) {
        const known = await planning.details.known(request)
        const isKnown = (digest: string) => {
          const details = known.get(digest)
          return details !== undefined && (!request.wants.labels || details.labels !== undefined)
        }
        if (!request.images.every(({ digest }) => isKnown(digest))) onUnknown()
        return known
      },
    },
  })

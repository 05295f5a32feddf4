import { makeGlob } from '../platform/glob.ts'
import { inPieces } from '../platform/in-pieces.ts'
import { shareFor } from '../platform/share-for.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import type { SharedHoldings } from '../usage/read-reclaim.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import type { KnownUse } from './age-and-use.ts'
import type { Decision } from './decision.ts'
import type { DetailsReader, ReadBudget } from './details/make-details.ts'
import { evictProject, type ProjectEviction } from './evict-project.ts'
import type { FindNotUnderstood } from './not-understood.ts'
import { type ExpiryPolicy, type PlanOptions, planInPieces } from './plan.ts'
import { withBytes } from './plan-bytes.ts'
import type { FindProtection } from './protection.ts'
import { needsOf } from './selection.ts'

/** For how long what protects images, and what is known of pulls, may be used, in ms. */
const KNOWN_MS = 1_000

export type PlanRequest = Pick<PlanOptions, 'isHere' | 'warn' | 'explain' | 'evicted'> & {
  /** Decides as of this time, epoch µs. Default: now. */
  now?: number | undefined
}

export type ProjectRequest = PlanRequest & {
  /** Adds what each delete frees. Give the same map for all projects of a registry in one plan: what they share, the last frees. */
  bytes?: SharedHoldings | undefined
}

/** Reads what a plan needs to know, and makes it. `now` is a clock in epoch µs. */
export function makePlanner(deps: {
  index: Pick<UsageIndex, 'projects' | 'repositories' | 'images' | 'pushersOf' | 'reclaim' | 'usage'>
  findProtections: FindProtection
  /** Whether labels protect images, so that they must be known. */
  protectsLabels: () => boolean
  useOf: (registry: string) => Promise<KnownUse>
  /**
   * The quota of a project, as of now; its limit is in bytes. `evictsLater`: nothing is evicted, since the quota is to be
   * escalated first, and is not yet.
   */
  quotaOf: (project: string) => Promise<{ limit?: number | undefined; evictsLater?: boolean } | undefined>
  details: Pick<DetailsReader, 'of' | 'known' | 'budget'>
  findNotUnderstood: FindNotUnderstood
  now: () => number
}) {
  const { index } = deps
  /** Of the quota of a project, in bytes. */
  const limitOf = async (project: string): Promise<number | undefined> => (await deps.quotaOf(project))?.limit
  const protectionsOf: FindProtection = shareByName(deps.findProtections)
  const useOf = shareByName(deps.useOf)

  /** The repositories of a project that a policy is about. */
  const repositoriesIn = async (policy: ExpiryPolicy, project: string): Promise<string[]> =>
    makeGlob(policy.project ?? '**')(project)
      ? (await index.repositories(project)).filter(makeGlob(policy.repository))
      : []

  /** What is known of images beside the index. */
  async function circumstancesOf(
    policy: ExpiryPolicy,
    project: string,
    images: readonly IndexedImage[],
    now: number,
    budget: ReadBudget,
  ) {
    const { registry } = policy
    const repository = images[0]?.repository ?? ''
    const needs = needsOfPolicy(policy)
    const isLabelled = deps.protectsLabels()
    const [protectionOf, use, notUnderstood, details, pushers] = await Promise.all([
      protectionsOf(registry),
      useOf(registry),
      deps.findNotUnderstood(registry, images),
      needs.details || isLabelled
        ? deps.details.of(
            { registry, project, repository, images, wants: { labels: needs.labels || isLabelled } },
            budget,
          )
        : undefined,
      needs.pushers ? index.pushersOf(project, repository) : undefined,
    ])
    return { now, protectionOf, use, notUnderstood, details, pushers }
  }

  /** Decides on the images of one repository, of which these are all. Evicts what `request.evicted` has, and no more. */
  async function decide(
    policy: ExpiryPolicy,
    project: string,
    images: readonly IndexedImage[],
    { now = deps.now(), ...options }: PlanRequest = {},
    budget = deps.details.budget(),
  ): Promise<Decision[]> {
    if (images.length === 0) return []
    const known = await circumstancesOf(policy, project, images, now, budget)
    return inPieces(planInPieces(policy, project, images, now, { ...options, ...known }))
  }

  /**
   * Whether an image is protected now, also by its labels. `whole` has it and all that it lists. Asks no registry: if labels
   * protect, an image whose labels are not known yet is protected.
   */
  async function isProtected(
    { registry, project }: { registry: string; project: string },
    image: IndexedImage,
    whole: readonly IndexedImage[],
  ): Promise<boolean> {
    const { repository, digest } = image
    const [protectionOf, details] = await Promise.all([
      protectionsOf(registry),
      deps.protectsLabels() ? deps.details.known({ project, repository, images: whole }) : undefined,
    ])
    return protectionOf(image, details && (details.get(digest) ?? null)) !== undefined
  }

  /** Why it is not known what is protected at a registry: then its plans keep every image. `undefined` if it is. */
  const protectionDoubtOf = async (registry: string): Promise<string | undefined> =>
    (await protectionsOf(registry)).doubt

  /** Why nothing is evicted in a project, whatever it holds. */
  async function noEvictionIn(project: string): Promise<string | undefined> {
    const quota = await deps.quotaOf(project)
    if (quota?.limit === undefined) return `${project} has no quota of bytes: nothing is evicted there`
    if (quota.evictsLater)
      return `${project}: nothing is evicted until it is over its quota for the time of escalate.after`
    return undefined
  }

  /** Chooses what a policy evicts in a project. Without `evict`, or below the quota, it costs nearly nothing. */
  const evictionOf = (
    policy: ExpiryPolicy,
    project: string,
    { now = deps.now() }: Pick<PlanRequest, 'now'> = {},
    budget = deps.details.budget(),
  ): Promise<ProjectEviction> =>
    evictProject(
      {
        ...{ index, now },
        limitOf: async (project) => ((await noEvictionIn(project)) ? undefined : limitOf(project)),
        repositories: () => repositoriesIn(policy, project),
        async decide(images) {
          const circumstances = await circumstancesOf(policy, project, images, now, budget)
          const plan = planInPieces(policy, project, images, now, circumstances)
          return { decisions: await inPieces(plan), circumstances }
        },
      },
      policy,
      project,
    )

  /** What a policy evicts in a project, with warnings. */
  async function evictedIn(
    policy: ExpiryPolicy,
    project: string,
    request: Pick<PlanRequest, 'now' | 'warn'> = {},
    budget = deps.details.budget(),
  ): Promise<ProjectEviction> {
    if ('rules' in policy && policy.evict !== undefined) {
      const why = await noEvictionIn(project)
      if (why !== undefined) request.warn?.(why)
    }
    const eviction = await evictionOf(policy, project, request, budget)
    if (eviction.problem !== undefined) request.warn?.(eviction.problem)
    return eviction
  }

  /** The decisions on the images of a project, one repository at a time. Without `evicted`, it chooses what the policy evicts. */
  async function* planProject(
    policy: ExpiryPolicy,
    project: string,
    { bytes, ...request }: ProjectRequest = {},
    budget = deps.details.budget(),
  ): AsyncGenerator<Decision[]> {
    const reclaim = bytes && index.reclaim(project, bytes)
    const evicted = request.evicted ?? (await evictedIn(policy, project, request, budget)).chosen
    for (const repository of await repositoriesIn(policy, project)) {
      const images = await index.images(project, repository)
      const decisions = await decide(policy, project, images, { ...request, evicted }, budget)
      yield reclaim === undefined ? decisions : await withBytes(decisions, reclaim)
    }
  }

  return {
    ...{ repositoriesIn, decide, limitOf, evictionOf, evictedIn, planProject },
    ...{ isProtected, protectionDoubtOf, useOf },
  }
}
export type Planner = ReturnType<typeof makePlanner>

function needsOfPolicy(policy: ExpiryPolicy): ReturnType<typeof needsOf> {
  const needs = 'rules' in policy ? [...policy.rules, ...(policy.evict?.tiers ?? [])].map(needsOf) : []
  return {
    details: needs.some(({ details }) => details),
    labels: needs.some(({ labels }) => labels),
    pushers: needs.some(({ pushers }) => pushers),
  }
}

/** Shares what is read for each name for a while. */
function shareByName<T>(read: (name: string) => Promise<T>): (name: string) => Promise<T> {
  const shared = new Map<string, () => Promise<T>>()
  return (name) => {
    const known = shared.get(name) ?? shareFor(KNOWN_MS, () => read(name))
    shared.set(name, known)
    return known()
  }
}

import { inPieces } from '../platform/in-pieces.ts'
import { formatTimestamp } from '../platform/timestamp.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import { projectId } from '../usage/project.ts'
import type { SharedHoldings } from '../usage/read-reclaim.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import type { KnownUse } from './age-and-use.ts'
import type { Decision } from './decision.ts'
import type { DetailsReader, ReadBudget } from './details/make-details.ts'
import { warningsAbout } from './dialect-opinions.ts'
import type { Announcements } from './notice.ts'
import type { ExpiryPolicy } from './plan.ts'
import { withBytes } from './plan-bytes.ts'
import { noticesIn } from './plan-notices.ts'
import { failureWarning, makePlanWarnings, nothingWarning, type PlanWarnings } from './plan-warnings.ts'
import { makeDescribe, type PlannedImage } from './planned-image.ts'
import type { Planner } from './planner.ts'
import { findRelations } from './relations.ts'
import { countMore, heldWarning, NO_COUNTS, type PlanCounts } from './share.ts'
import { withSpared } from './spared.ts'

/** Which images of a plan are wanted. What is not given is not looked at. */
export interface PlanFilter {
  registry?: string | undefined
  /** `registry/path` */
  project?: string | undefined
  repository?: string | undefined
  /** Only projects that pass, `registry/path`. Absent: all. */
  sees?: ((project: string) => boolean) | undefined
}

/** The place of an image in a plan. */
export interface PlanPosition {
  policy: string
  registry: string
  project: string
  repository: string
  digest: string
  /** What the plan comes to in the repositories of the project that are before this one. */
  before: PlanCounts
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
  /** What the plan comes to in the repositories of the project that are before this one. */
  before: PlanCounts
  /** What people must know of the policy, or of a project. */
  warnings: string[]
  /** The project that the warning is about: a run deletes nothing there, since it would delete more than `maxShare`. */
  held?: string
}

const NONE: Pick<PlanPart, 'decided' | 'decisions' | 'describe' | 'before'> = {
  decided: 0,
  before: NO_COUNTS,
  decisions: [],
  describe: () => {
    throw new Error('there is no decision to describe')
  },
}

/** What a description tells of a plan. `asOf` is epoch µs. */
interface Told {
  policy: ExpiryPolicy
  asOf: number
  announced: Announcements
  use: KnownUse
}

const NONE_TOLD: Announcements = new Map()

const timeOf = (at: number | null): string | null => (at === null ? null : formatTimestamp(at))

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
  /** Why it is not known what is protected at a registry, so that nothing goes. */
  failuresOf: (registry: string) => Promise<readonly string[]>
  /** What a policy has announced in a project. */
  announcementsOf: (policy: ExpiryPolicy, project: string) => Promise<Announcements>
  /** As configured now: the share of a project, from 0 to 1, beyond which a run deletes nothing there. */
  maxShare: () => number
}) {
  const { index, planner } = deps

  /** In order, those that the filter lets through. */
  async function projectsOf(registry: string, filter: PlanFilter): Promise<string[]> {
    const { project, repository, sees = () => true } = filter
    if (project === undefined && repository === undefined)
      return (await index.projects(registry)).filter(sees).toSorted()
    return [project ?? projectId(registry, deps.projectOf(registry, repository ?? ''))].filter(sees)
  }

  async function repositoriesOf(policy: ExpiryPolicy, project: string, { repository }: PlanFilter) {
    const all = await planner.repositoriesIn(policy, project)
    return repository === undefined ? all.toSorted() : all.filter((name) => name === repository)
  }

  /** The plan of a policy at its registry. It begins after `start`, which is of the policy. */
  async function* planPolicy(
    policy: ExpiryPolicy,
    filter: PlanFilter,
    { asOf, start, budget }: { asOf: number; start: PlanPosition | undefined; budget: ReadBudget },
    { warn, take }: PlanWarnings,
  ): AsyncGenerator<PlanPart> {
    const { name, registry } = policy
    const of = { policy: name, registry }
    for (const failure of await deps.failuresOf(registry)) warn(failureWarning(registry, failure))
    if ('dialect' in policy) warningsAbout(policy).forEach(warn)
    yield { ...of, ...NONE, warnings: take() }
    const use = await planner.useOf(registry)
    const shared: SharedHoldings = new Map()
    for (const project of await projectsOf(registry, filter)) {
      if (start !== undefined && project < start.project) continue
      const isStart = start?.project === project
      const request = { now: asOf, explain: true, warn }
      const { chosen: evicted, spared } = await planner.evictedIn(policy, project, request, budget)
      const reclaim = index.reclaim(project, shared)
      const announced = policy.notice === undefined ? NONE_TOLD : await deps.announcementsOf(policy, project)
      let before = isStart ? start.before : NO_COUNTS
      for (const repository of await repositoriesOf(policy, project, filter)) {
        if (isStart && repository < start.repository) continue
        const images = await index.images(project, repository)
        const decided = await planner.decide(policy, project, images, { ...request, evicted }, budget)
        const counted = await withBytes(withSpared(decided, spared), reclaim)
        const sorted = counted.toSorted((a, b) => (a.digest < b.digest ? -1 : 1))
        const isPartly = isStart && repository === start.repository
        yield {
          ...{ ...of, before, decided: decided.length },
          decisions: isPartly ? sorted.filter(({ digest }) => digest > start.digest) : sorted,
          describe: await describeWith({ policy, asOf, announced, use }, images, counted),
          warnings: take(),
        }
        before = countMore(before, decided)
      }
      // Of a project that is planned in part, the share is not known.
      const held = filter.repository === undefined && heldWarning(project, before, deps.maxShare())
      if (held) yield { ...of, ...NONE, warnings: [held], held: project }
    }
  }

  /** `decisions` are on these images, in an order that is safe for deleting. */
  async function describeWith(
    { policy, asOf, announced, use }: Told,
    images: readonly IndexedImage[],
    decisions: readonly Decision[],
  ): Promise<PlanPart['describe']> {
    const describe = await inPieces(makeDescribe(images, use))
    if (policy.notice === undefined) return describe
    const relations = await inPieces(findRelations(images))
    const plan = { decisions, images: new Map(images.map((image) => [image.digest, image])), relations }
    const notices = noticesIn(plan, announced, asOf, policy.notice * 1000)
    return (decision) => {
      const { announcedAt, goesFrom } = notices.get(decision.digest) ?? {}
      if (announcedAt === undefined || goesFrom === undefined) return describe(decision)
      return { ...describe(decision), announcedAt: timeOf(announcedAt), goesFrom: timeOf(goesFrom) }
    }
  }

  /** `asOf` is epoch µs. The plan begins after the position `after`, which must be of one of the policies. */
  return async function* planAll(
    policies: readonly ExpiryPolicy[],
    filter: PlanFilter,
    { asOf, after }: { asOf: number; after?: PlanPosition | undefined },
  ): AsyncGenerator<PlanPart> {
    const first = after === undefined ? 0 : policies.findIndex((policy) => isOf(policy, after))
    const warnings = new Map<string, PlanWarnings>()
    const budget = deps.details.budget()
    const isFiltered = filter.project !== undefined || filter.repository !== undefined
    const idle: ExpiryPolicy[] = []
    let looked = 0
    for (const [n, policy] of policies.slice(first).entries()) {
      const { name, registry } = policy
      if (filter.registry !== undefined && filter.registry !== registry) continue
      if (filter.project !== undefined && !filter.project.startsWith(`${registry}/`)) continue
      const start = n === 0 ? after : undefined
      const told = warnings.get(name) ?? makePlanWarnings()
      warnings.set(name, told)
      let decided = 0
      for await (const part of planPolicy(policy, filter, { asOf, start, budget }, told)) {
        decided += part.decided
        yield part
      }
      looked += 1
      // What the policy is about may be what is not seen.
      if (decided > 0 || start !== undefined || filter.sees !== undefined) continue
      if (isFiltered) idle.push(policy)
      else yield nothingIn(policy, filter)
    }
    // One policy that is about the project or the repository is enough.
    if (idle.length === looked) for (const policy of idle) yield nothingIn(policy, filter)
  }
}

const nothingIn = (policy: ExpiryPolicy, filter: PlanFilter): PlanPart => ({
  ...{ policy: policy.name, registry: policy.registry, ...NONE },
  warnings: [nothingWarning(policy, filter)],
})
export type PlanAll = ReturnType<typeof makePlanAll>

/** Whether a position is in the plan of a policy. */
export const isOf = ({ name, registry }: ExpiryPolicy, position: PlanPosition): boolean =>
  name === position.policy && registry === position.registry

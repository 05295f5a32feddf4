import { makeGlob } from '../platform/glob.ts'
import { shareFor } from '../platform/share-for.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import type { Decision } from './decision.ts'
import { type ExpiryPolicy, type PlanOptions, planExpiry } from './plan.ts'
import type { FindProtection, ProtectionOf } from './protection.ts'

/** How long it may be used what protects images, in ms. */
const PROTECTIONS_MS = 1_000

/** Reads what a plan needs to know, and makes it. `now` is a clock in epoch µs. */
export function makePlanner(deps: {
  index: Pick<UsageIndex, 'projects' | 'repositories' | 'images'>
  findProtections: FindProtection
  now: () => number
}) {
  const { index } = deps
  const protections = new Map<string, () => Promise<ProtectionOf>>()

  /** What protects images of a registry; it is a second old at most. */
  function protectionsOf(registry: string): Promise<ProtectionOf> {
    const known = protections.get(registry)
    const find = known ?? shareFor(PROTECTIONS_MS, () => deps.findProtections(registry))
    if (known === undefined) protections.set(registry, find)
    return find()
  }

  /** The repositories of a project that a policy is about. */
  const repositoriesIn = async (policy: ExpiryPolicy, project: string): Promise<string[]> =>
    makeGlob(policy.project ?? '**')(project)
      ? (await index.repositories(project)).filter(makeGlob(policy.repository))
      : []

  /** Decides on the images of one repository. */
  async function decide(
    policy: ExpiryPolicy,
    project: string,
    images: readonly IndexedImage[],
    options: Omit<PlanOptions, 'protectionOf'> = {},
  ): Promise<Decision[]> {
    const protectionOf = await protectionsOf(policy.registry)
    return planExpiry(policy, project, images, deps.now(), { ...options, protectionOf })
  }

  /** The decisions on the images of a project, one repository at a time. */
  async function* planProject(
    policy: ExpiryPolicy,
    project: string,
    warn?: (warning: string) => void,
  ): AsyncGenerator<Decision> {
    for (const repository of await repositoriesIn(policy, project))
      yield* await decide(policy, project, await index.images(project, repository), { warn })
  }

  return { repositoriesIn, decide, planProject, protectionsOf }
}
export type Planner = ReturnType<typeof makePlanner>

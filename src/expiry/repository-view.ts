import { isDeepStrictEqual } from 'node:util'
import type { IndexedImage } from '../usage/indexed-image.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import type { Decision } from './decision.ts'
import { type ExpiryPolicy, planExpiry } from './plan.ts'
import { type Relations, relationsOf } from './relations.ts'

/** How long a plan may be used for deletes, in ms. To plan 4,000 images takes 46 ms. */
export const PLAN_MS = 1_000

interface Plan {
  /** In an order that is safe for deleting. */
  decisions: readonly Decision[]
  /** By digest. */
  decided: ReadonlyMap<string, Decision>
  /** By digest, with those that are gone. */
  images: ReadonlyMap<string, IndexedImage>
  relations: Relations
}

/**
 * The plan of one repository while a run deletes in it. It is made anew when it is older than `planMs`, and when an image
 * that is to be deleted has changed. Images that the run has deleted stay in it, so that what belongs to them goes, too.
 */
export function makeRepositoryView(deps: {
  index: Pick<UsageIndex, 'images' | 'imagesOf'>
  policy: ExpiryPolicy
  project: string
  repository: string
  /** Deleted by earlier runs. */
  deletedBefore: readonly IndexedImage[]
  planMs: number
  now: () => number
}) {
  const { index, policy, project, repository } = deps
  const gone = new Map(deps.deletedBefore.map((image) => [image.digest, image]))
  let making: Promise<Plan> | undefined
  let isFirst = true
  let madeAt = Number.NEGATIVE_INFINITY

  async function make(): Promise<Plan> {
    const present = await index.images(project, repository)
    // What an earlier run has deleted, and the index has, was pushed again.
    if (isFirst) for (const { digest } of present) gone.delete(digest)
    isFirst = false
    const images = new Map([...gone, ...present.map((image) => [image.digest, image] as const)])
    const all = [...images.values()]
    const decisions = planExpiry(policy, project, all, deps.now())
    const decided = new Map(decisions.map((decision) => [decision.digest, decision]))
    return { decisions, decided, images, relations: relationsOf(all) }
  }

  function renew(): Promise<Plan> {
    madeAt = performance.now()
    making = make()
    return making
  }

  /** Whether the index has an image, and all that it lists, as the plan has it. */
  async function isUpToDate({ images, relations }: Plan, digest: string): Promise<boolean> {
    const image = images.get(digest)
    if (image === undefined) return false
    const whole = relations.withDescendants(image).filter((part) => !gone.has(part.digest))
    const digests = whole.map((part) => part.digest)
    const now = await index.imagesOf(project, repository, digests)
    return isDeepStrictEqual(byDigest(now), byDigest(whole))
  }

  return {
    plan: (): Promise<Plan> =>
      making === undefined || performance.now() - madeAt > deps.planMs ? renew() : making,

    /**
     * The image and its parents, if a plan of now deletes it and all its parents are deleted by now. Otherwise `undefined`. It
     * has the tags that the index has now.
     */
    async stillDeletes(
      digest: string,
    ): Promise<
      { image: IndexedImage; parents: readonly IndexedImage[]; hasDependents: boolean } | undefined
    > {
      let plan = await this.plan()
      if (!(await isUpToDate(plan, digest))) plan = await renew()
      const image = plan.images.get(digest)
      if (image === undefined || plan.decided.get(digest)?.verdict !== 'delete') return undefined
      const parents = plan.relations.parentsOf(image)
      if (!parents.every((parent) => gone.has(parent.digest))) return undefined
      return { image, parents, hasDependents: plan.relations.hasDependents(image) }
    },

    isGone: (digest: string): boolean => gone.has(digest),
    gone: (): IndexedImage[] => [...gone.values()],
    noteGone: (image: IndexedImage) => void gone.set(image.digest, image),

    /** The images that are gone and to which images belong that are still there. */
    async unfinished(): Promise<IndexedImage[]> {
      const { images, relations } = await renew()
      const parents = [...images.values()]
        .filter(({ digest }) => !gone.has(digest))
        .flatMap((image) => relations.parentsOf(image))
      return [...gone.values()].filter((image) => parents.some(({ digest }) => digest === image.digest))
    },
  }
}

const byDigest = (images: readonly IndexedImage[]): Map<string, IndexedImage> =>
  new Map(images.map((image) => [image.digest, image]))

export type RepositoryView = ReturnType<typeof makeRepositoryView>

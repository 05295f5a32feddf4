import { isDeepStrictEqual } from 'node:util'
import type { IndexedImage } from '../usage/indexed-image.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import type { Decision } from './decision.ts'
import type { ChosenImages } from './evicted.ts'
import type { ExpiryPolicy } from './plan.ts'
import type { Planner } from './planner.ts'
import { type Relations, relationsOf } from './relations.ts'

/** How long a plan may be used for deletes, in ms, if it takes at most a tenth of that to make it; else ten times as long as that takes. */
export const PLAN_MS = 1_000

const PLAN_KEEPS = 'a plan of now keeps it'

/** An image that a plan of now deletes. */
export interface StillDoomed {
  image: IndexedImage
  decision: Decision
  parents: readonly IndexedImage[]
  hasDependents: boolean
}

interface Plan {
  /** In an order that is safe for deleting. */
  decisions: readonly Decision[]
  /** By digest. */
  decided: ReadonlyMap<string, Decision>
  /** By digest, with those that are gone. */
  images: ReadonlyMap<string, IndexedImage>
  relations: Relations
  /** What the index had been given before the images were read. */
  additions: number
}

/**
 * The plan of one repository while a run deletes in it. It is made anew when it is older than `planMs`, and when an image
 * that is to be deleted has changed, and when the project got anything: it may list any image. Images that the run has deleted stay in it, so that what belongs to them goes, too.
 */
export function makeRepositoryView(deps: {
  index: Pick<UsageIndex, 'images' | 'imagesOf' | 'additions'>
  planner: Pick<Planner, 'decide' | 'isProtected'>
  policy: ExpiryPolicy
  project: string
  repository: string
  /** Placeholders stand on a tag for a moment, and are no images. */
  isPlaceholder: (digest: string) => boolean
  /** Deleted by earlier runs. */
  deletedBefore: readonly IndexedImage[]
  planMs: number
  evicted: ChosenImages
}) {
  const { index, policy, project, repository } = deps
  const gone = new Map(deps.deletedBefore.map((image) => [image.digest, image]))
  let making: Promise<Plan> | undefined
  /** When each image was last used by the first plan, epoch µs, by digest. */
  let firstUsedAt: ReadonlyMap<string, number> | undefined
  let usableUntil = Number.POSITIVE_INFINITY

  async function make(): Promise<Plan> {
    const additions = await index.additions(project)
    const found = await index.images(project, repository)
    const present = found.filter(({ digest }) => !deps.isPlaceholder(digest))
    // What an earlier run has deleted, and the index has, was pushed again.
    if (firstUsedAt === undefined) for (const { digest } of present) gone.delete(digest)
    firstUsedAt ??= new Map(present.map((image) => [image.digest, usedAt(image)]))
    const images = new Map([...gone, ...present.map((image) => [image.digest, image] as const)])
    const all = [...images.values()]
    const here = new Set(present)
    const decisions = await deps.planner.decide(policy, project, all, {
      isHere: (image) => here.has(image),
      evicted: deps.evicted,
    })
    const decided = new Map(decisions.map((decision) => [decision.digest, decision]))
    return { decisions, decided, images, relations: relationsOf(all), additions }
  }

  async function makeInTime(): Promise<Plan> {
    const beganAt = performance.now()
    const plan = await make()
    const took = performance.now() - beganAt
    // To plan a large repository takes longer than a second: most of the time must be left for deletes.
    usableUntil = beganAt + deps.planMs * Math.max(1, took / (PLAN_MS / 10))
    return plan
  }

  function renew(): Promise<Plan> {
    usableUntil = Number.POSITIVE_INFINITY // It is shared while it is made.
    making = makeInTime()
    return making
  }

  /** Whether the index has an image, and all that it lists, as the plan has it. */
  async function isUpToDate({ images, relations, additions }: Plan, digest: string): Promise<boolean> {
    const image = images.get(digest)
    if (image === undefined || (await index.additions(project)) !== additions) return false
    const whole = relations.withDescendants(image).filter((part) => !gone.has(part.digest))
    const digests = whole.map((part) => part.digest)
    const now = await index.imagesOf(project, repository, digests)
    return isDeepStrictEqual(byDigest(now), byDigest(whole))
  }

  const current = (): Promise<Plan> =>
    making === undefined || performance.now() > usableUntil ? renew() : making

  async function planOfNow(digest: string): Promise<Plan> {
    const plan = await current()
    return (await isUpToDate(plan, digest)) ? plan : renew()
  }

  /** What keeps an image that its plan deletes. */
  async function keptNow({ relations }: Plan, image: IndexedImage): Promise<string | undefined> {
    // The plan of a large repository may be older than a keep that was set meanwhile.
    const whole = relations.withDescendants(image)
    const { registry } = policy
    if (await deps.planner.isProtected({ registry, project }, image, whole)) return PLAN_KEEPS
    const parts = whole.filter((part) => !gone.has(part.digest))
    const isUsed = parts.some((part) => usedAt(part) > (firstUsedAt?.get(part.digest) ?? 0))
    return isUsed ? 'it was used since the plan was made' : undefined
  }

  return {
    plan: current,

    /**
     * The image and its parents, if a plan of now deletes it and all its parents are deleted by now; it has the tags that the
     * index has now. Otherwise why it stays.
     */
    async stillDeletes(digest: string): Promise<StillDoomed | string> {
      const plan = await planOfNow(digest)
      const image = plan.images.get(digest)
      const decision = plan.decided.get(digest)
      if (image === undefined || decision?.verdict !== 'delete') return PLAN_KEEPS
      const kept = await keptNow(plan, image)
      if (kept !== undefined) return kept
      const parents = plan.relations.parentsOf(image)
      if (!parents.every((parent) => gone.has(parent.digest))) return PLAN_KEEPS
      return { image, decision, parents, hasDependents: plan.relations.hasDependents(image) }
    },

    /** Why this tag stays; `undefined` if a plan of now deletes it, and keeps the image for others. */
    async whyTagStays(digest: string, tag: string): Promise<string | undefined> {
      const plan = await planOfNow(digest)
      const image = plan.images.get(digest)
      const decision = plan.decided.get(digest)
      if (image === undefined || decision?.verdict !== 'untag' || !decision.untag?.includes(tag))
        return 'a plan of now does not delete this tag alone'
      return keptNow(plan, image)
    },

    isGone: (digest: string): boolean => gone.has(digest),
    noteGone: (image: IndexedImage) => void gone.set(image.digest, image),

    /**
     * Images whose families need not be remembered: they are gone and nothing belongs to them any more, or an earlier run was to
     * delete them, could not, and a plan of now keeps them.
     */
    async forgettable(): Promise<IndexedImage[]> {
      if (gone.size + deps.deletedBefore.length === 0) return []
      const { images, decided, relations } = await renew()
      const here = [...images.values()].filter(({ digest }) => !gone.has(digest))
      const parents = new Set(here.flatMap((image) => relations.parentsOf(image)).map(({ digest }) => digest))
      return [
        ...[...gone.values()].filter(({ digest }) => !parents.has(digest)),
        ...deps.deletedBefore.filter(
          ({ digest }) => !gone.has(digest) && decided.get(digest)?.verdict === 'keep',
        ),
      ]
    },
  }
}

/** When an image was last pulled, pushed or tagged, epoch µs. */
export const usedAt = ({ age, pulledAt, tags }: IndexedImage): number =>
  Math.max(age.at, pulledAt, ...tags.map((tag) => tag.age.at))

const byDigest = (images: readonly IndexedImage[]): Map<string, IndexedImage> =>
  new Map(images.map((image) => [image.digest, image]))

export type RepositoryView = ReturnType<typeof makeRepositoryView>

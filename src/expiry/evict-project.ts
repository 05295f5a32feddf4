import { inPieces } from '../platform/in-pieces.ts'
import { formatSize } from '../platform/units.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import type { Decision } from './decision.ts'
import { bytesToEvict, evict } from './evict.ts'
import { candidatesIn } from './evict-candidates.ts'
import type { Family } from './evict-families.ts'
import { UNKNOWN_USE_MIN_AGE } from './evict-order.ts'
import { type ChosenImages, nameOf, usedAtOf } from './evicted.ts'
import type { ExpiryPolicy } from './plan.ts'
import { takeAll } from './plan-bytes.ts'
import type { Relations } from './relations.ts'
import type { Circumstances } from './selection.ts'
import { type SparedImages, sparedImages, sparedText } from './spared.ts'

/** What a policy evicts in a project. */
export interface ProjectEviction {
  chosen: ChosenImages
  /** What it looked at and leaves. */
  spared: SparedImages
  /** If it cannot evict enough: a sentence. */
  problem?: string
}

const NOTHING: ProjectEviction = { chosen: new Map(), spared: new Map() }

/**
 * Chooses what a policy evicts in a project that is over its quota, beside what the rules of the policy expire. What it
 * chooses is what no rule decides. It plans the project, if that is over its quota.
 */
export async function evictProject(
  deps: {
    index: Pick<UsageIndex, 'usage' | 'images' | 'reclaim'>
    limitOf: (project: string) => Promise<number | undefined>
    repositories: () => Promise<string[]>
    /** What the rules decide on the images of a repository, and by which circumstances. */
    decide: (
      images: readonly IndexedImage[],
    ) => Promise<{ decisions: readonly Decision[]; circumstances: Circumstances }>
    now: number
  },
  policy: ExpiryPolicy,
  project: string,
): Promise<ProjectEviction> {
  const settings = 'rules' in policy ? policy.evict : undefined
  if (settings === undefined) return NOTHING
  const limit = await deps.limitOf(project)
  if (limit === undefined) return NOTHING
  const held = (await deps.index.usage(project))?.uniqueBytes ?? 0
  if (bytesToEvict(held, { limit, ...settings }) === 0) return NOTHING

  const reclaim = deps.index.reclaim(project)
  const families: Family[] = []
  const relationsIn = new Map<string, Relations>()
  let uniqueBytes = held
  let protectedImages = 0
  const inNoTier: IndexedImage[] = []
  let unknownUseMinAge = UNKNOWN_USE_MIN_AGE
  for (const repository of await deps.repositories()) {
    const images = await deps.index.images(project, repository)
    if (images.length === 0) continue
    const { decisions, circumstances } = await deps.decide(images)
    const going = decisions.filter(({ verdict }) => verdict === 'delete')
    protectedImages += decisions.filter(isProtected).length
    await reclaim.load([...going, ...decisions.filter(({ isLeft }) => isLeft)])
    uniqueBytes -= (await inPieces(takeAll(going, reclaim))).uniqueBytes
    const found = await inPieces(candidatesIn(images, decisions, settings.tiers, circumstances))
    for (const family of found.families) families.push(family)
    for (const image of found.inNoTier) inNoTier.push(image)
    relationsIn.set(repository, found.relations)
    if (circumstances.use.isListed) unknownUseMinAge = 0
  }

  const bytesToFree = bytesToEvict(uniqueBytes, { limit, ...settings })
  if (bytesToFree === 0) return NOTHING
  const { order } = settings
  const eviction = await inPieces(
    evict({ families, bytesToFree, order, reclaim, now: deps.now, unknownUseMinAge }),
  )
  const chosen = new Map<string, { reason: string; usedAt: number }>()
  for (const { family, images, reason } of eviction.evicted)
    for (const image of images) {
      const relations = relationsIn.get(image.repository)
      if (relations === undefined) continue
      const why = image === family.root ? reason : `it goes with ${nameOf(family.root)}: ${reason}`
      chosen.set(nameOf(image), { reason: why, usedAt: usedAtOf(image, relations) })
    }
  const spared = sparedImages(eviction.spared, inNoTier)
  if (eviction.suffices) return { chosen, spared }
  const [freed, wanted] = [eviction.freed.uniqueBytes, bytesToFree].map(formatSize)
  const problem = `${project}: all that may be evicted frees ${freed}, and ${wanted} are to go`
  const stays = sparedText(spared, protectedImages)
  return {
    chosen,
    spared,
    problem: stays === '' ? problem : `${problem}. What no rule decides and stays: ${stays}`,
  }
}

/** Whether no rule decides an image, and something else keeps it. */
const isProtected = ({ verdict, rule, isLeft }: Decision): boolean =>
  verdict === 'keep' && rule === null && !isLeft

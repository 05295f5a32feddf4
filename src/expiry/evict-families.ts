import type { Pieces } from '../platform/pieces.ts'
import { type Age, isDated } from '../usage/age.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import { ordinaryTags, type Relations } from './relations.ts'

/** When images were last used. Never pulled, and not known to be pulled, are two things. */
export interface LastUse {
  /** epoch µs; 0 if no use is known. */
  at: number
  /** Whether it is certain that they were not used later. Never, for a registry with `pulls: partial`. */
  isKnown: boolean
  /** What the use was. With all but `pulled`, no pull since is known; `heard`: since pulls of its registry are heard. */
  what: 'pulled' | 'pushed' | 'seen' | 'heard'
}

/**
 * A root image with all that goes with it. A root is an image that nothing lists and that signs nothing, or only what a rule
 * expires does: a tagged child of an index, for example.
 */
export interface Family {
  root: IndexedImage
  /** The root first, each image after its parents. An image in several families goes with the last of them. */
  images: readonly IndexedImage[]
  /** The latest use of any of them. */
  lastUse: LastUse
  /** Of the youngest of them. If only a bound is known, they are at least that old. */
  age: Age
  /** Lower tiers are evicted first. `undefined`: never. Without tiers in the policy, 0 for all. */
  tier: number | undefined
}

/**
 * The families of one repository that may be evicted. What belongs to a root goes along if it may go and if all its parents
 * go. What may not go stays, and does not keep its root: a tagged child, for example.
 */
export function* familiesOf(
  relations: Relations,
  about: {
    /** Whether nothing keeps the image: no rule, and no protection. False for one that a rule expires. */
    mayGo: (image: IndexedImage) => boolean
    /** Whether a rule expires it. */
    isGoing: (image: IndexedImage) => boolean
    lastUseOf: (image: IndexedImage) => LastUse
    ageOf: (image: IndexedImage) => Age
    /** Of a root, and of what has a tag of its own. */
    tierOf: (image: IndexedImage) => number | undefined
  },
): Pieces<Family[]> {
  /** Those that may go, and their positions in an order in which each comes after its parents. */
  const positions = new Map<IndexedImage, number>()
  const roots: IndexedImage[] = []
  for (const image of relations.parentsFirst()) {
    const parents = relations.parentsOf(image)
    const isFree = parents.every((parent) => positions.has(parent) || about.isGoing(parent))
    if (isFree && about.mayGo(image) && !relations.lacksSubject(image)) {
      positions.set(image, positions.size)
      if (!parents.some((parent) => positions.has(parent))) roots.push(image)
    }
    yield
  }
  const families: Family[] = []
  for (const root of roots) {
    const found = new Set([root])
    for (const image of found)
      for (const dependent of relations.dependentsOf(image))
        if (positions.has(dependent)) found.add(dependent)
    const images = [...found].sort((a, b) => (positions.get(a) ?? 0) - (positions.get(b) ?? 0))
    families.push({
      ...{ root, images },
      tier: images
        .filter((image) => image === root || ordinaryTags(image).length > 0)
        .map(about.tierOf)
        .reduce(laterTier),
      lastUse: images.map(about.lastUseOf).reduce(laterUse),
      age: images.map(about.ageOf).reduce(youngerAge),
    })
    yield
  }
  return families
}

const laterTier = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : Math.max(a, b)

export function laterUse(a: LastUse, b: LastUse): LastUse {
  const later = b.at > a.at ? b : a
  return { ...later, isKnown: a.isKnown && b.isKnown }
}

/** Of equal times the one that is only a bound: it says less. An age that is not known at all counts as the youngest. */
export function youngerAge(a: Age, b: Age): Age {
  if (a.at === 0 || b.at === 0) return a.at === 0 ? a : b
  if (a.at === b.at) return isDated(a) ? b : a
  return a.at > b.at ? a : b
}

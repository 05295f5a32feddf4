import type { Pieces } from '../platform/pieces.ts'
import { isDated } from '../usage/age.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import { ageOfItem, certainUseOf, type Item, type KnownUse, useOfItem } from './age-and-use.ts'
import type { Decision } from './decision.ts'
import { type Family, familiesOf, type LastUse, laterUse, youngerAge } from './evict-families.ts'
import { findRelations, ordinaryTags, type Relations } from './relations.ts'
import type { Selection } from './rule.ts'
import { type Circumstances, compileSelection } from './selection.ts'

/**
 * The families of a repository that no rule decides, what says how they belong together, and tagged images that no rule decides
 * and that are in no tier. `decisions` are those of the rules.
 */
export function* candidatesIn(
  images: readonly IndexedImage[],
  decisions: readonly Decision[],
  tiers: readonly Selection[] | undefined,
  circumstances: Circumstances,
): Pieces<{ families: Family[]; relations: Relations; inNoTier: IndexedImage[] }> {
  const relations = yield* findRelations(images)
  const decided = new Map(decisions.map((decision) => [decision.digest, decision]))
  const itemsOf = (image: IndexedImage): Item[] => {
    const whole = relations.withDescendants(image)
    const tags = ordinaryTags(image)
    return (tags.length > 0 ? tags : [undefined]).map((tag) => ({ image, tag, whole }))
  }
  const tierOfItem = makeTierOf(tiers, circumstances)
  /** An image goes with all its tags, so it is in the last of their tiers. */
  const tierOf = (image: IndexedImage) => {
    const found = itemsOf(image).map(tierOfItem)
    return found.some((tier) => tier === undefined) ? undefined : Math.max(...found.map((tier = 0) => tier))
  }
  const isLeft = ({ digest }: IndexedImage) => decided.get(digest)?.isLeft === true
  const inNoTier = new Set<IndexedImage>()
  for (const image of images) {
    if (isLeft(image) && ordinaryTags(image).length > 0 && tierOf(image) === undefined) inNoTier.add(image)
    yield
  }
  const families = yield* familiesOf(relations, {
    mayGo: (image) => isLeft(image) && !inNoTier.has(image),
    isGoing: ({ digest }) => decided.get(digest)?.verdict === 'delete',
    lastUseOf: (image) =>
      itemsOf(image)
        .map((item) => lastUseOf(item, circumstances.use))
        .reduce(laterUse),
    ageOf: (image) =>
      itemsOf(image)
        .map((item) => ageOfItem(item))
        .reduce(youngerAge),
    tierOf,
  })
  return { families, relations, inNoTier: [...inNoTier] }
}

/** The number of the first tier that an item certainly meets. */
function makeTierOf(tiers: readonly Selection[] | undefined, circumstances: Circumstances) {
  const compiled = tiers?.map((tier) => compileSelection(tier, circumstances))
  return (item: Item): number | undefined => {
    if (compiled === undefined) return 0
    const tier = compiled.findIndex(
      (selection) => selection.isAbout(item) && selection.findings(item).every(({ holds }) => holds === true),
    )
    return tier === -1 ? undefined : tier
  }
}

/**
 * The last use of an item. If it is known, this is the latest time at which there may have been one: pulls from before they
 * were heard are not known. Else it is the latest that is certain.
 */
export function lastUseOf(item: Item, use: KnownUse): LastUse {
  const pulledAt = Math.max(...item.whole.map((part) => part.pulledAt))
  const certain = certainUseOf(item)
  const isKnown = use.isComplete && use.unheard === undefined
  const at = isKnown ? useOfItem(item, use).at : certain
  if (at === pulledAt && at > 0) return { at, isKnown, what: 'pulled' }
  if (at === certain && at > 0) return { at, isKnown, what: 'pushed' }
  const isSeen = item.whole.some(
    ({ age, heardSince }) => at === heardSince || (!isDated(age) && at === age.at),
  )
  return { at, isKnown, what: isKnown && at === use.since && !isSeen ? 'heard' : 'seen' }
}

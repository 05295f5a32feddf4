import type { Pieces } from '../platform/pieces.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import type { KnownUse } from './age-and-use.ts'
import type { Decision } from './decision.ts'
import { makeDialectOpinions } from './dialect-opinions.ts'
import { type ChosenImages, reasonToGo } from './evicted.ts'
import { withoutSilentParents } from './gone-parents.ts'
import type { ExpiryPolicy, PlanOptions } from './plan.ts'
import { findRelations, type Relations } from './relations.ts'
import { keep, makeRuleOpinions, type Opinion, type Opinions } from './rules.ts'

const NONE: ChosenImages = new Map()
const ALL_USE: KnownUse = { isComplete: true, since: 0 }

/** Decides about the images of one repository, which are sorted (plan.ts). */
export function* planRepository(
  policy: ExpiryPolicy,
  project: string,
  all: readonly IndexedImage[],
  now: number,
  options: PlanOptions,
): Pieces<Decision[]> {
  const images = withoutSilentParents(all)
  const {
    isHere = () => true,
    protectionOf = () => undefined,
    details,
    notUnderstood,
    evicted = NONE,
  } = options
  const relations = yield* findRelations(images, notUnderstood)
  const opinionsOfPolicy = yield* makeOpinions(policy, images, relations, now, options)
  // An unresolved image may list or sign any image of its repository. One that is not understood names what that may be.
  const unresolved = images.find(({ isResolved, digest }) => !isResolved && !notUnderstood?.has(digest))
  const decided = new Map<IndexedImage, Ruling>()

  /** What does not depend on the policy, and one opinion from each of the image's parents. */
  function othersOn(image: IndexedImage): Opinion[] {
    const others: Opinion[] = []
    if (unresolved)
      others.push({
        ...keep(null, `the references of ${shortName(unresolved)} are not known yet`),
        isUnread: true,
      })
    const unclear = notUnderstood?.get(image.digest)
    if (unclear) others.push(keep(null, `its manifest was read and is not understood: ${unclear.why}`))
    const protection = protectionOf(image, details?.get(image.digest) ?? null)
    if (protection !== undefined) others.push(keep(null, protection))
    if (relations.lacksSubject(image))
      others.push(keep(null, 'the image that it signs or describes is not known'))
    for (const parent of relations.parentsOf(image)) others.push(fromParent(parent, decided.get(parent)))
    return others
  }

  /** What no rule decides goes if it was chosen, but never before what it belongs to. */
  function evictIfChosen(image: IndexedImage, ruling: Ruling): Ruling {
    if (ruling.isLeft === undefined || evicted.size === 0) return ruling
    const isFree = relations.parentsOf(image).every((parent) => decided.get(parent)?.verdict === 'delete')
    const reason = isFree ? reasonToGo(evicted, image, relations) : undefined
    return reason === undefined ? ruling : { verdict: 'delete', rule: 'evict', reason }
  }

  for (const image of relations.parentsFirst()) {
    // Another policy may have deleted it, or this one when it had other rules: it keeps nothing that belongs to it.
    const ruling = isHere(image) ? decide(opinionsOfPolicy(image), othersOn(image)) : GONE
    decided.set(image, evictIfChosen(image, ruling))
    yield
  }
  for (const image of images) if (!decided.has(image)) decided.set(image, IN_A_CIRCLE)
  const decisions: Decision[] = []
  for (const [{ repository, digest, tags }, ruling] of decided)
    decisions.push({ project, repository, digest, tags: tags.map(({ name }) => name), ...ruling })
  return decisions
}

function* makeOpinions(
  policy: ExpiryPolicy,
  images: readonly IndexedImage[],
  relations: Relations,
  now: number,
  options: PlanOptions,
): Pieces<(image: IndexedImage) => Opinions> {
  const { isHere = () => true, warn = () => {}, use = ALL_USE, explain = false, details, pushers } = options
  if ('rules' in policy) {
    const circumstances = { now, use, details, pushers }
    return yield* makeRuleOpinions(policy.rules, images, relations, circumstances, { isHere, explain })
  }
  const circumstances = { now, use, warn }
  const ofAll = makeDialectOpinions(policy, images, relations, circumstances)
  const here = images.filter(isHere)
  if (here.length === images.length) return ofAll
  // Images that were deleted may have taken a place in a count, or not: an image expires only if it does either way.
  const ofThese = makeDialectOpinions(policy, here, relations, circumstances)
  return (image) => (isHere(image) ? both(ofAll(image), ofThese(image)) : ofAll(image))
}

const both = (a: Opinions, b: Opinions): Opinions => ({
  ...{ tags: [...a.tags, ...b.tags], whole: [...a.whole, ...b.whole] },
})

/** What becomes of an image. */
type Ruling = Pick<Decision, 'verdict' | 'untag' | 'rule' | 'reason' | 'nearMisses' | 'isLeft' | 'isUnread'>

/**
 * One reason to keep the image is enough. If nothing keeps it but some of its tags, the others go. An image without any opinion
 * is kept.
 */
function decide({ tags, whole }: Opinions, others: readonly Opinion[]): Ruling {
  const [only, ...more] = tags
  if (only !== undefined && more.length + whole.length + others.length === 0) return only.opinion
  const against = [...whole, ...others].filter(isKept)
  const kept = tags.find(({ opinion }) => isKept(opinion))
  const isLeft =
    against.length + (kept ? 1 : 0) > 0 &&
    against.every((one) => one.isLeft) &&
    tags.every(({ opinion }) => !isKept(opinion) || opinion.isLeft)
  const goes = tags.some(({ opinion }) => !isKept(opinion)) || kept === undefined
  const isUnread = against.length > 0 && against.every((one) => one.isUnread) && goes
  const named = ({ name, opinion }: Opinions['tags'][number]): Opinion =>
    tags.every((one) => one.name === name)
      ? opinion
      : { ...opinion, reason: `tag ${name}: ${opinion.reason}` }
  const rulingBy = ({ verdict, rule, reason }: Opinion): Ruling => {
    const nearMisses = [...tags.map(({ opinion }) => opinion), ...whole].flatMap(
      (one) => one.nearMisses ?? [],
    )
    return {
      ...{ verdict, rule, reason },
      ...(nearMisses.length > 0 && { nearMisses: [...new Set(nearMisses)] }),
      ...(isLeft && { isLeft: true as const }),
      ...(isUnread && { isUnread: true as const }),
    }
  }

  if (kept === undefined) {
    const [tag] = tags
    return rulingBy(against[0] ?? (tag && named(tag)) ?? whole[0] ?? others[0] ?? NO_OPINION)
  }
  const keptNames = new Set(tags.filter(({ opinion }) => isKept(opinion)).map(({ name }) => name))
  const going = tags.find(({ name }) => !keptNames.has(name))
  if (against.length > 0 || going === undefined) return rulingBy(named(kept))
  const goingNames = new Set(tags.map(({ name }) => name).filter((name) => !keptNames.has(name)))
  return {
    ...rulingBy(named(going)),
    ...{ verdict: 'untag', untag: [...goingNames] },
    reason: `${named(going).reason}; it stays for the tag ${kept.name}: ${kept.opinion.reason}`,
  }
}

const isKept = ({ verdict }: Opinion): boolean => verdict === 'keep'

const NO_OPINION = keep(null, 'no rule is about it')

/** An image is deleted together with its parent, and after it. */
const fromParent = (parent: IndexedImage, ruling: Ruling | undefined): Opinion =>
  ruling?.verdict === 'delete'
    ? {
        verdict: 'delete',
        rule: ruling.rule,
        reason: `it belongs to ${shortName(parent)}, which is deleted`,
      }
    : {
        ...keep(null, `it belongs to ${shortName(parent)}, which is kept`),
        ...(ruling?.isLeft && { isLeft: true as const }),
        ...(ruling?.isUnread && { isUnread: true as const }),
      }

const GONE: Ruling = { verdict: 'delete', rule: null, reason: 'it was deleted' }

/** Manifests cannot list each other in a circle, but the tag of a signature can name any digest. */
const IN_A_CIRCLE: Ruling = keep(null, 'its references form a circle, or lead to one')

const shortName = (image: IndexedImage): string =>
  image.tags[0]
    ? `${image.repository}:${image.tags[0].name}`
    : `${image.repository}@${image.digest.slice(0, 19)}`

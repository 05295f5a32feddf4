import { makeGlob } from '../platform/glob.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import type { KnownUse } from './age-and-use.ts'
import type { Decision } from './decision.ts'
import { type DialectDocument, makeDialectOpinions } from './dialect-opinions.ts'
import type { ProtectionOf } from './protection.ts'
import { type Relations, relationsOf } from './relations.ts'
import type { ExpiryRule } from './rule.ts'
import { keep, makeRuleOpinions, type Opinion, type Opinions } from './rules.ts'

export type { ExpiryRule } from './rule.ts'

/** What a policy is about. */
interface Scope {
  name: string
  registry: string
  /** A glob for projects, `registry/path`. Default: all. */
  project?: string | undefined
  repository: string
}
/** A policy with rules of Tallyman. */
export interface RulePolicy extends Scope {
  rules: readonly ExpiryRule[]
}
/** A policy of another system. */
export interface DialectPolicy extends Scope, DialectDocument {}
export type ExpiryPolicy = RulePolicy | DialectPolicy

export interface PlanOptions {
  /** False for an image that was deleted: what belongs to it goes with it, and it takes no place among the newest. */
  isHere?: ((image: IndexedImage) => boolean) | undefined
  /** Gets what a dialect warns of, a sentence each. */
  warn?: ((warning: string) => void) | undefined
  /** Without it, nothing is protected. */
  protectionOf?: ProtectionOf | undefined
  /** What is known of pulls. Without it, all of them are. */
  use?: KnownUse | undefined
  /** Whether to tell near misses. */
  explain?: boolean | undefined
}

const ALL_USE: KnownUse = { isComplete: true }

/**
 * Decides about every image in those of a project's repositories that the policy's glob matches. The decisions come
 * in an order that is safe for deleting: an index before its children, an image before its signatures. The order of
 * `images` does not matter. `now` is epoch µs.
 */
export function planExpiry(
  policy: ExpiryPolicy,
  project: string,
  images: readonly IndexedImage[],
  now: number,
  options: PlanOptions = {},
): Decision[] {
  const inScope = makeGlob(policy.repository)
  const sorted = images.filter((image) => inScope(image.repository)).sort(byName)
  const repositories = Map.groupBy(sorted, (image) => image.repository)
  return [...repositories.values()].flatMap((repository) =>
    planRepository(policy, project, repository, now, options),
  )
}

function planRepository(
  policy: ExpiryPolicy,
  project: string,
  images: readonly IndexedImage[],
  now: number,
  options: PlanOptions,
): Decision[] {
  const { protectionOf = () => undefined } = options
  const relations = relationsOf(images)
  const opinionsOfPolicy = makeOpinions(policy, images, relations, now, options)
  // An unresolved image may list or sign any image of its repository.
  const unresolved = images.find((image) => !image.isResolved)
  const decided = new Map<IndexedImage, Ruling>()

  /** What does not depend on the policy, and one opinion from each of the image's parents. */
  function othersOn(image: IndexedImage): Opinion[] {
    const protection = protectionOf(image)
    return [
      ...(unresolved ? [keep(null, `the references of ${shortName(unresolved)} are not known yet`)] : []),
      ...(protection === undefined ? [] : [keep(null, protection)]),
      ...(relations.lacksSubject(image)
        ? [keep(null, 'the image that it signs or describes is not known')]
        : []),
      ...relations.parentsOf(image).map((parent) => fromParent(parent, decided.get(parent))),
    ]
  }

  for (const image of relations.parentsFirst())
    decided.set(image, decide(opinionsOfPolicy(image), othersOn(image)))
  for (const image of images) if (!decided.has(image)) decided.set(image, IN_A_CIRCLE)
  return [...decided].map(([image, ruling]) => ({
    project,
    repository: image.repository,
    digest: image.digest,
    tags: image.tags.map((tag) => tag.name),
    ...ruling,
  }))
}

function makeOpinions(
  policy: ExpiryPolicy,
  images: readonly IndexedImage[],
  relations: Relations,
  now: number,
  { isHere = () => true, warn = () => {}, use = ALL_USE, explain = false }: PlanOptions,
): (image: IndexedImage) => Opinions {
  if ('rules' in policy)
    return makeRuleOpinions(policy.rules, images, relations, { now, use }, { isHere, explain })
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
type Ruling = Pick<Decision, 'verdict' | 'untag' | 'rule' | 'reason' | 'nearMisses'>

/**
 * One reason to keep the image is enough. If nothing keeps it but some of its tags, the others go. An image without any opinion
 * is kept.
 */
function decide({ tags, whole }: Opinions, others: readonly Opinion[]): Ruling {
  const keptTags = tags.filter(({ opinion }) => opinion.verdict === 'keep')
  const keptNames = new Set(keptTags.map(({ name }) => name))
  const goingTags = tags.filter(({ name }) => !keptNames.has(name))
  const isOne = new Set(tags.map(({ name }) => name)).size === 1
  const named = ({ name, opinion }: Opinions['tags'][number]): Opinion =>
    isOne ? opinion : { ...opinion, reason: `tag ${name}: ${opinion.reason}` }
  const nearMisses = [...tags.map(({ opinion }) => opinion), ...whole].flatMap((one) => one.nearMisses ?? [])
  const ruling = ({ verdict, rule, reason }: Opinion): Ruling => ({
    ...{ verdict, rule, reason },
    ...(nearMisses.length > 0 && { nearMisses: [...new Set(nearMisses)] }),
  })

  const against = [...whole, ...others].find(({ verdict }) => verdict === 'keep')
  const [kept] = keptTags
  const [going] = goingTags
  if (kept !== undefined && (against !== undefined || going === undefined)) return ruling(named(kept))
  if (against !== undefined) return ruling(against)
  if (kept !== undefined && going !== undefined)
    return {
      ...ruling(named(going)),
      ...{ verdict: 'untag', untag: [...new Set(goingTags.map(({ name }) => name))] },
      reason: `${named(going).reason}; it stays for the tag ${kept.name}: ${kept.opinion.reason}`,
    }
  const [first = keep(null, 'no rule is about it')] = [...goingTags.map(named), ...whole, ...others]
  return ruling(first)
}

/** An image is deleted together with its parent, and after it. */
const fromParent = (parent: IndexedImage, ruling: Ruling | undefined): Opinion =>
  ruling?.verdict === 'delete'
    ? {
        verdict: 'delete',
        rule: ruling.rule,
        reason: `it belongs to ${shortName(parent)}, which is deleted`,
      }
    : keep(null, `it belongs to ${shortName(parent)}, which is kept`)

/** Manifests cannot list each other in a circle, but the tag of a signature can name any digest. */
const IN_A_CIRCLE = keep(null, 'its references form a circle, or lead to one')

const shortName = (image: IndexedImage): string =>
  image.tags[0]
    ? `${image.repository}:${image.tags[0].name}`
    : `${image.repository}@${image.digest.slice(0, 19)}`

const byName = (a: IndexedImage, b: IndexedImage): number =>
  (a.repository === b.repository ? a.digest < b.digest : a.repository < b.repository) ? -1 : 1

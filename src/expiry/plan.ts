import { makeGlob } from '../platform/glob.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import type { Decision } from './decision.ts'
import { type DialectDocument, makeDialectOpinions } from './dialect-opinions.ts'
import type { ProtectionOf } from './protection.ts'
import { relationsOf } from './relations.ts'
import { type ExpiryRule, keep, makeRuleOpinions, type Opinion } from './rules.ts'

export type { ExpiryRule } from './rules.ts'

/** What a policy is about. */
interface Scope {
  name: string
  registry: string
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
}

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
  { isHere = () => true, warn = () => {}, protectionOf = () => undefined }: PlanOptions,
): Decision[] {
  const relations = relationsOf(images)
  const opinionsOfPolicy =
    'rules' in policy
      ? makeRuleOpinions(policy.rules, images, relations, now, isHere)
      : dialectOpinions(policy)
  /** Images that were deleted may have taken a place in a count, or not: an image expires only if it does either way. */
  function dialectOpinions(policy: DialectPolicy): (image: IndexedImage) => Opinion[] {
    const ofAll = makeDialectOpinions(policy, images, relations, now, warn)
    const here = images.filter(isHere)
    if (here.length === images.length) return ofAll
    const ofThese = makeDialectOpinions(policy, here, relations, now, warn)
    return (image) => (isHere(image) ? [...ofAll(image), ...ofThese(image)] : ofAll(image))
  }
  // An unresolved image may list or sign any image of its repository.
  const unresolved = images.find((image) => !image.isResolved)
  const decided = new Map<IndexedImage, Opinion>()

  /** Those of the policy, and one from each of the image's parents. */
  function opinionsOn(image: IndexedImage): Opinion[] {
    // Another policy may have deleted it, or this one when it had other rules: it keeps nothing that belongs to it.
    if (!isHere(image)) return [GONE]
    if (unresolved) return [keep(null, `the references of ${shortName(unresolved)} are not known yet`)]
    const protection = protectionOf(image)
    if (protection !== undefined) return [keep(null, protection)]
    return [
      ...opinionsOfPolicy(image),
      ...(relations.lacksSubject(image)
        ? [keep(null, 'the image that it signs or describes is not known')]
        : []),
      ...relations.parentsOf(image).map((parent) => fromParent(parent, decided.get(parent))),
    ]
  }

  for (const image of relations.parentsFirst()) decided.set(image, decide(opinionsOn(image)))
  for (const image of images) if (!decided.has(image)) decided.set(image, IN_A_CIRCLE)
  return [...decided].map(([image, opinion]) => ({
    project,
    repository: image.repository,
    digest: image.digest,
    tags: image.tags.map((tag) => tag.name),
    ...opinion,
  }))
}

/** One opinion for keeping is enough. An image without any opinion is kept. */
const decide = (opinions: Opinion[]): Opinion =>
  opinions.find(({ verdict }) => verdict === 'keep') ??
  opinions[0] ??
  keep(null, 'it has no tag, and rules apply to tags only')

/** An image is deleted together with its parent, and after it. */
const fromParent = (parent: IndexedImage, opinion: Opinion | undefined): Opinion =>
  opinion?.verdict === 'delete'
    ? {
        verdict: 'delete',
        rule: opinion.rule,
        reason: `it belongs to ${shortName(parent)}, which is deleted`,
      }
    : keep(null, `it belongs to ${shortName(parent)}, which is kept`)

const GONE: Opinion = { verdict: 'delete', rule: null, reason: 'it was deleted' }

/** Manifests cannot list each other in a circle, but the tag of a signature can name any digest. */
const IN_A_CIRCLE = keep(null, 'its references form a circle, or lead to one')

const shortName = (image: IndexedImage): string =>
  image.tags[0]
    ? `${image.repository}:${image.tags[0].name}`
    : `${image.repository}@${image.digest.slice(0, 19)}`

const byName = (a: IndexedImage, b: IndexedImage): number =>
  (a.repository === b.repository ? a.digest < b.digest : a.repository < b.repository) ? -1 : 1

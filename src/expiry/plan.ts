import { makeGlob } from '../platform/glob.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import type { Decision } from './decision.ts'
import { isReferrerTag, relationsOf } from './relations.ts'
import { type ExpiryRule, keep, makeOpinionOfTag, type Opinion } from './rules.ts'

export type { ExpiryRule } from './rules.ts'

export interface ExpiryPolicy {
  name: string
  registry: string
  repository: string
  rules: readonly ExpiryRule[]
}

/**
 * What a policy does to each image of a project: a decision for every one in the repositories it speaks of, in
 * the order in which they may be deleted (an index before its children, an image before its signatures). It
 * depends on nothing but its arguments, and not on the order of `images`. `now` is epoch µs.
 */
export function planExpiry(
  policy: ExpiryPolicy,
  project: string,
  images: readonly IndexedImage[],
  now: number,
): Decision[] {
  const inScope = makeGlob(policy.repository)
  const sorted = images.filter((image) => inScope(image.repository)).sort(byName)
  const repositories = Map.groupBy(sorted, (image) => image.repository)
  return [...repositories.values()].flatMap((repository) => planRepository(policy, project, repository, now))
}

function planRepository(
  policy: ExpiryPolicy,
  project: string,
  images: readonly IndexedImage[],
  now: number,
): Decision[] {
  const relations = relationsOf(images)
  const opinionOfTag = makeOpinionOfTag(policy.rules, images, relations.wholeOf, now)
  // What it signs or lists may be any image here.
  const unresolved = images.find((image) => !image.isResolved)
  const decided = new Map<IndexedImage, Opinion>()

  /** Everything that has a say in an image: its tags, what lists it, and what it signs or describes. */
  function voicesOn(image: IndexedImage): Opinion[] {
    if (unresolved) return [keep(null, `what ${short(unresolved)} references is not known yet`)]
    const tags = image.tags.filter(({ name }) => !isReferrerTag(name))
    return [
      ...tags.map((tag) => ofTag(tag.name, tags.length, opinionOfTag(image, tag))),
      ...(relations.isAstray(image) ? [keep(null, 'what it signs or describes is not known')] : []),
      ...relations.leadersOf(image).map((leader) => ofLeader(leader, decided.get(leader))),
    ]
  }

  for (const image of relations.leadersFirst()) decided.set(image, weigh(voicesOn(image)))
  return [...decided, ...images.filter((image) => !decided.has(image)).map(onCircle)].map(
    ([image, opinion]) => ({
      ...{ project, repository: image.repository, digest: image.digest },
      tags: image.tags.map((tag) => tag.name),
      ...opinion,
    }),
  )
}

/** One voice for keeping is enough, and what nobody speaks of is kept. */
const weigh = (voices: Opinion[]): Opinion =>
  voices.find(({ verdict }) => verdict === 'keep') ??
  voices[0] ??
  keep(null, 'it has no tag, and no rule speaks of those')

const ofTag = (tag: string, count: number, opinion: Opinion): Opinion =>
  count === 1 ? opinion : { ...opinion, reason: `tag ${tag}: ${opinion.reason}` }

/** An image goes with what it belongs to, never before it. */
const ofLeader = (leader: IndexedImage, opinion: Opinion | undefined): Opinion =>
  opinion?.verdict === 'delete'
    ? { verdict: 'delete', rule: opinion.rule, reason: `it belongs to ${short(leader)}, which goes` }
    : keep(null, `it belongs to ${short(leader)}, which stays`)

/** Contents cannot list each other in a circle, but tags of signatures can name anything. */
const onCircle = (image: IndexedImage): [IndexedImage, Opinion] => [
  image,
  keep(null, 'it hangs on a circle of references'),
]

const short = (image: IndexedImage): string =>
  image.tags[0]
    ? `${image.repository}:${image.tags[0].name}`
    : `${image.repository}@${image.digest.slice(0, 19)}`

const byName = (a: IndexedImage, b: IndexedImage): number =>
  a.repository === b.repository ? compare(a.digest, b.digest) : compare(a.repository, b.repository)

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

import { ageOfTag } from '../usage/age-of-tag.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import { type KnownUse, PARTIAL_US, useIsUnknown } from './age-and-use.ts'
import type { PolicyImage, Scene } from './dialects/dialect.ts'
import { DIALECTS, type DialectName } from './dialects/dialects.ts'
import { keep as kept, type Opinion as Ruling } from './dialects/items.ts'
import { policyImagesOf, timeOf } from './policy-images.ts'
import { ordinaryTags, type Relations } from './relations.ts'
import { IN_THE_FUTURE, keep, NO_TIME, type Opinion, type Opinions } from './rules.ts'

/** The retention policy of another system, as its API returns it. */
export interface DialectDocument {
  dialect: DialectName
  document: unknown
}

/** What a document needs to know beside the images. `now` is epoch µs. */
export interface DialectCircumstances {
  now: number
  use: KnownUse
  warn: (warning: string) => void
}

const NO_IMAGES: Scene = { images: [], now: 0, project: '' }

/**
 * Where a document does something else than its author may think, whatever the images are. A sentence each. @throws
 * PolicyError if the original refuses the document
 */
export const warningsAbout = ({ dialect, document }: DialectDocument): string[] =>
  DIALECTS[dialect].read(document)(NO_IMAGES).warnings

/**
 * Gives the opinions of a document on an image of its own, and of what is not known about the image. What belongs to another
 * image may have none. `images` are all images of one repository; `now` is epoch µs.
 */
export function makeDialectOpinions(
  policy: DialectDocument,
  images: readonly IndexedImage[],
  relations: Relations,
  circumstances: DialectCircumstances,
): (image: IndexedImage) => Opinions {
  const { dialect } = policy
  const { unit, decidesUntagged } = DIALECTS[dialect]
  const { now } = circumstances
  const rulings = decide(policy, images, relations, circumstances)
  const opinionOf = ({ isKept, reason }: Ruling): Opinion => ({
    ...{ verdict: isKept ? 'keep' : 'delete', rule: dialect },
    reason: `${dialect}: ${reason}`,
  })

  return (image) => {
    const tags = ordinaryTags(image)
    const isPart = relations.parentsOf(image).length > 0
    // Tags of signatures have no opinion: a signature goes with its subject.
    if (tags.length === 0 && (image.tags.length > 0 || (isPart && !decidesUntagged)))
      return { tags: [], whole: [] }
    const ofTags = ({ name }: { name: string }) =>
      opinionOf(rulings.get(keyOf(image, name)) ?? kept('it has no verdict'))
    const ofManifest = rulings.get(keyOf(image))
    const doubt =
      tags.length > 0 || !isPart ? doubtOf(image, relations.withDescendants(image), now) : undefined
    return {
      tags: unit === 'tag' ? tags.map((tag) => ({ name: tag.name, opinion: ofTags(tag) })) : [],
      whole: [
        ...(ofManifest ? [opinionOf(ofManifest)] : []),
        ...(doubt === undefined ? [] : [keep(null, doubt)]),
      ],
    }
  }
}

/** Why the times of an image are no ground to delete it. Dialects take times for exact, so a bound is not enough. */
function doubtOf(image: IndexedImage, whole: readonly IndexedImage[], now: number): string | undefined {
  const tags = ordinaryTags(image)
  const ages = tags.length > 0 ? tags.map((tag) => ageOfTag(image, tag)) : [image.age]
  if (ages.some((age) => timeOf(age) === null)) return NO_TIME
  const isAfterNow = (at: number) => at > now
  return image.tags.some(({ age }) => isAfterNow(age.at)) ||
    whole.some(({ age, heardSince, pulledAt }) => [age.at, heardSince, pulledAt].some(isAfterNow))
    ? IN_THE_FUTURE
    : undefined
}

/** The key of the ruling on a tag of an image, or on its manifest. */
const keyOf = ({ digest }: { digest: string }, tag = ''): string => `${digest} ${tag}`

/**
 * The verdicts of a document, by the keys of tags and manifests. Pulls from before Tallyman heard of them are not known, so
 * each image is decided on twice if pulls matter: as if there was no such pull, and as if the last was when the first could be heard. It
 * expires only if it expires in both. (Neither alone is safe: an image that nobody pulls may count as pulled, and so take
 * the place of one that somebody does pull.)
 */
function decide(
  { dialect, document }: DialectDocument,
  images: readonly IndexedImage[],
  relations: Relations,
  { now, use, warn }: DialectCircumstances,
): Map<string, Ruling> {
  const decideScene = DIALECTS[dialect].read(document)
  const repository = images[0]?.repository ?? ''
  const project = repository.includes('/') ? repository.slice(0, repository.indexOf('/')) : ''
  const rulingsOn = (policyImages: readonly PolicyImage[]) => {
    const { verdicts, stays, warnings } = decideScene({
      images: policyImages.map((image) => before(now, image)),
      now,
      project,
    })
    const rulings = new Map<string, Ruling>(
      verdicts.map(({ image, tag, ...ruling }) => [keyOf(image, tag), ruling]),
    )
    for (const [image, reason] of stays ?? []) rulings.set(keyOf(image), kept(reason))
    return { rulings, warnings }
  }
  const { rulings, warnings } = rulingsOn(policyImagesOf(images))
  const always = decideScene(NO_IMAGES).warnings
  for (const warning of warnings) warn(always.includes(warning) ? warning : `${repository}: ${warning}`)

  if (!DIALECTS[dialect].heedsPulls || [...rulings.values()].every(({ isKept }) => isKept)) return rulings
  const usedAt = (image: IndexedImage) => {
    const whole = relations.withDescendants(image)
    const isOld = whole.every(({ age }) => now - age.at > PARTIAL_US)
    if (useIsUnknown(use, isOld) !== undefined) return now
    return Math.max(use.since, ...whole.flatMap((part) => [part.heardSince, part.pulledAt]))
  }
  for (const [key, { isKept, reason }] of rulingsOn(policyImagesOf(images, usedAt)).rulings)
    if (isKept && rulings.get(key)?.isKept !== true)
      rulings.set(key, kept(`${reason}; pulls that may be unknown count here`))
  return rulings
}

/** An image without the times after `now`, which are not true: it takes no place among the newest. */
function before(now: number, image: PolicyImage): PolicyImage {
  const past = (at: number | null) => (at === null || at > now ? null : at)
  return {
    ...image,
    tags: image.tags.map(({ name, taggedAt }) => ({ name, taggedAt: past(taggedAt) })),
    ...{ pushedAt: past(image.pushedAt), pulledAt: past(image.pulledAt), createdAt: past(image.createdAt) },
  }
}

import { ageOfTag } from '../usage/age-of-tag.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import {
  type DialectCircumstances,
  type DialectDocument,
  keyOf,
  NO_IMAGES,
  rulingsOf,
} from './dialect-rulings.ts'
import { DIALECTS } from './dialects/dialects.ts'
import { keep as kept, type Opinion as Ruling } from './dialects/items.ts'
import { timeOf } from './policy-images.ts'
import { ordinaryTags, type Relations } from './relations.ts'
import { IN_THE_FUTURE, keep, NO_TIME, type Opinion, type Opinions } from './rules.ts'

export type { DialectDocument } from './dialect-rulings.ts'

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
  const rulings = rulingsOf(policy, images, relations, circumstances)
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

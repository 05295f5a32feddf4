import { type Age, isDated } from '../usage/age.ts'
import { ageOfTag } from '../usage/age-of-tag.ts'
import { digestKey, digestOfKey } from '../usage/digest-key.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import { knownMediaType } from '../usage/media-types.ts'
import type { PolicyImage } from './dialects/dialect.ts'

/**
 * The images of one repository as policies in a dialect see them. A time of which only a bound is known is `null`. References
 * in the index are parts of digests; a whole one is known if the repository has it. A subject that it lacks is a `key:`: some
 * originals look at whether there is one. The index has no labels. `usedAt` gives
 * when an image was last pulled, in epoch µs, 0 for never; without it, by the pulls that are known.
 */
export function policyImagesOf(
  images: readonly IndexedImage[],
  usedAt: (image: IndexedImage) => number = ({ pulledAt }) => pulledAt,
): PolicyImage[] {
  const byKey = new Map(images.map((image) => [digestKey(image.digest), image.digest]))
  return images.map((image) => {
    const { repository, digest, tags, age, references = [] } = image
    const mediaType = knownMediaType(image.mediaType)
    const referenced = (isWanted: (kind: string) => boolean) =>
      references.flatMap(({ kind, key }) => (isWanted(kind) ? (byKey.get(key) ?? []) : []))
    const subject = references.find(({ kind }) => kind === 'subject')
    const missingSubject = subject === undefined ? null : digestOfKey(subject.key)
    return {
      ...{ repository, digest, mediaType, labels: {}, immutable: false },
      tags: tags.map((tag) => ({ name: tag.name, taggedAt: timeOf(ageOfTag(image, tag)) })),
      ...{ pushedAt: timeOf(age), pulledAt: usedAt(image) || null },
      createdAt: age.source === 'image' ? timeOf(age) : null,
      // Includes manifests that an index lists as if they were blobs.
      children: referenced((kind) => kind !== 'subject'),
      subject: referenced((kind) => kind === 'subject')[0] ?? missingSubject,
    }
  })
}

/** `null` if the time of an age is not known. */
export const timeOf = (age: Age): number | null => (isDated(age) && age.at > 0 ? age.at : null)

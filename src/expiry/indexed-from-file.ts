import type { Age } from '../usage/age.ts'
import { digestKey } from '../usage/digest-key.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import type { Details } from './details/details.ts'
import type { ImageInFile } from './dialects/images-file.ts'
import type { ExpiryRule } from './rule.ts'

/**
 * The images of a file as the index would have them. A time that is not known is a bound: the image is there at `now` (epoch
 * µs), and may be older. So a rule about ages does not expire it, and it may be among the newest.
 */
export function indexedFromFile(images: readonly ImageInFile[], now: number): IndexedImage[] {
  const sizes = new Map(
    images.map(({ repository, digest, known }) => [`${repository}@${digest}`, known.sizeBytes]),
  )
  return images.map((image) => {
    const { repository, digest, mediaType, pushedAt, createdAt, children, subject, known } = image
    const ageAt = (at: number | null): Age =>
      at === null ? { at: now, source: 'seen' } : { at, source: at === createdAt ? 'image' : 'event' }
    // The size in the file is that of the whole: what the children do not have is its own.
    const ofChildren = children.map((child) => sizes.get(`${repository}@${child}`) ?? 0)
    const own = ofChildren.reduce((rest, size) => rest - size, known.sizeBytes ?? 0)
    const reference = (kind: 'child' | 'subject', key: string) => ({ kind, key, size: 0 })
    return {
      ...{ repository, digest, mediaType, size: own, totalSize: own, isResolved: true },
      references: [
        ...children.map((child) => reference('child', digestKey(child))),
        ...(subject === null ? [] : [reference('subject', digestKey(subject))]),
        // A part that nobody knows: so the size is not known, either.
        ...(known.sizeBytes === undefined ? [reference('child', '')] : []),
      ],
      age: ageAt(pushedAt),
      heardSince: pushedAt ?? now,
      pulledAt: image.pulledAt ?? 0,
      tags: image.tags.map(({ name, taggedAt }) => ({ name, age: ageAt(taggedAt) })),
    }
  })
}

/**
 * What the file says of its images, by digest, for these rules. The file has no types of artifacts, and may lack kinds: of an
 * image of which a rule looks at one that is missing, nothing is known.
 */
export function detailsFromFile(
  images: readonly ImageInFile[],
  rules: readonly ExpiryRule[],
): ReadonlyMap<string, Details> {
  const needsKind = rules.some(({ kind }) => kind !== undefined)
  if (rules.some(({ artifactType }) => artifactType !== undefined)) return new Map()
  return new Map(
    images.flatMap(({ digest, mediaType, known: { kind, labels } }) =>
      needsKind && kind === undefined
        ? []
        : [
            [
              digest,
              {
                ...{ kind: kind ?? ('other' as const), mediaType, labels, annotations: undefined },
                ...{ artifactType: undefined, configMediaType: undefined },
              },
            ] as const,
          ],
    ),
  )
}

import { isIndexType } from '../../registry/manifest.ts'
import { digestKey } from '../../usage/digest-key.ts'
import type { IndexedImage } from '../../usage/indexed-image.ts'
import { kindWithTags } from './artifact-kind.ts'
import { type Details, type Entry, sharedTexts, type Texts } from './details.ts'

/** The details of those images of a repository that have an entry with details, by digest. */
export function detailsOf(
  images: readonly IndexedImage[],
  entries: ReadonlyMap<string, Entry>,
): Map<string, Details> {
  const own = new Map<string, Details>()
  for (const { digest, tags } of images) {
    const details = entries.get(digest)?.details
    if (details === undefined) continue
    const kind = kindWithTags(
      details.kind,
      tags.map(({ name }) => name),
    )
    const { labels, annotations } = details
    own.set(digest, { ...details, kind, labels: labels ?? undefined, annotations: annotations ?? undefined })
  }
  const byKey = new Map(images.map(({ digest }) => [digestKey(digest), own.get(digest)]))
  for (const image of images) {
    const details = own.get(image.digest)
    if (details && isIndexType(details.mediaType))
      own.set(image.digest, { ...details, labels: labelsOfIndex(image, byKey) })
  }
  return own
}

/**
 * The labels that all images of an index share. An index has none itself. `undefined` if a child is not known or is an index,
 * too. Attestations have no labels, and do not count.
 */
function labelsOfIndex(
  { references }: IndexedImage,
  byKey: ReadonlyMap<string, Details | undefined>,
): Texts | undefined {
  if (references === undefined) return undefined
  const children = references.filter(({ kind }) => kind === 'child').map(({ key }) => byKey.get(key))
  if (children.some((child) => child === undefined || isIndexType(child.mediaType))) return undefined
  return sharedTexts(children.filter((child) => child?.kind === 'image').map((child) => child?.labels))
}

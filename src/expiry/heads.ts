import type { Pieces } from '../platform/pieces.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import { findRelations, ordinaryTags } from './relations.ts'

/** An image as people think of it, with what belongs to it. */
export interface Head {
  image: IndexedImage
  /** What it lists, at any depth: the images of its platforms, mostly. */
  parts: readonly IndexedImage[]
  /** What signs, attests or describes it or its parts, and each other. */
  referrers: readonly IndexedImage[]
  /** An index that lists it, though it has a tag of its own. */
  listedBy: IndexedImage | undefined
  /** Whether it signs, attests or describes an image that is not in the repository. */
  isOrphan: boolean
}

/**
 * The heads among the images of a repository: those with a tag of their own, and those that belong to no other. All other images
 * belong to one of them. A tag by which signatures are found is no tag of its own.
 */
export function* headsAmong(images: readonly IndexedImage[]): Pieces<Head[]> {
  const relations = yield* findRelations(images)
  const heads: Head[] = []
  for (const image of images) {
    const parents = relations.parentsOf(image)
    yield
    if (parents.length > 0 && ordinaryTags(image).length === 0) continue
    const whole = relations.withDescendants(image)
    const members = new Set(whole)
    for (const member of members) for (const one of relations.dependentsOf(member)) members.add(one)
    heads.push({
      image,
      parts: whole.slice(1),
      referrers: [...members].slice(whole.length),
      listedBy: parents.find((parent) => relations.withDescendants(parent).includes(image)),
      isOrphan: relations.lacksSubject(image),
    })
  }
  return heads
}

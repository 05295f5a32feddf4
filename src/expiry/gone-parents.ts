import type { IndexedImage } from '../usage/indexed-image.ts'
import { certainUseOf } from './age-and-use.ts'
import type { GoneImage } from './families.ts'
import { relationsOf } from './relations.ts'

/**
 * The images of a repository without those that an earlier run has deleted and that say nothing any more: a part of them was
 * pushed or used since. The part then counts as an image of its own.
 */
export function withoutSilentParents(images: readonly IndexedImage[]): readonly IndexedImage[] {
  const gone = images.filter(isGoneBefore)
  if (gone.length === 0) return images
  const { withDescendants } = relationsOf(images)
  const silent = new Set<IndexedImage>(
    gone.filter((image) =>
      withDescendants(image).some((part) => !isGoneBefore(part) && lastUseOf(part) > image.goneAt),
    ),
  )
  return images.filter((image) => !silent.has(image))
}

const isGoneBefore = (image: IndexedImage): image is GoneImage => 'goneAt' in image

const lastUseOf = (image: IndexedImage): number =>
  Math.max(...[undefined, ...image.tags].map((tag) => certainUseOf({ image, tag, whole: [image] })))

import { type Age, isDated } from './age.ts'
import type { IndexedImage, IndexedTag } from './indexed-image.ts'

/**
 * Since when a tag names its image, as far as it is known. A tag that a reconcile finds has no time of its own. If it was
 * there when the image was found, the image's age counts for it. If it is first seen later, it is a fresh tag on an old
 * image and counts from then (docs/registries.md, What cleaners get wrong). The result is never later than `tag.age`.
 */
export function ageOfTag(image: Pick<IndexedImage, 'age' | 'heardSince'>, tag: Pick<IndexedTag, 'age'>): Age {
  if (isDated(tag.age) || tag.age.at > image.heardSince) return tag.age
  const { at } = image.age
  return isDated(image.age) && at > 0 && at <= tag.age.at ? image.age : tag.age
}

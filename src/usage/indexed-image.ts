import type { Age } from './age.ts'
import type { StoredManifest } from './codec.ts'

/** One manifest in one repository, as the index has it; times in epoch µs, 0 where not known. */
export interface IndexedImage extends Omit<StoredManifest, 'images' | 'lists'> {
  repository: string
  /** Since when the repository has it. Of several pushes that were heard, the latest counts. */
  age: Age
  /** Since when its pulls are heard: from the latest push that was heard, or since a reconcile found it. The later counts. */
  heardSince: number
  pulledAt: number
  tags: IndexedTag[]
}

export interface IndexedTag {
  name: string
  /** Since when the tag names the image. */
  age: Age
}

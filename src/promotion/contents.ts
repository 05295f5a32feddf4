import { digestKey } from '../usage/digest-key.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'

/** What a copy of an image must have at the target. */
export interface Contents {
  /** The sizes of its configs and layers as its manifests state them, in bytes, by key: each content once. */
  blobs: ReadonlyMap<string, number>
  /** Whether the index knows all manifests that belong to it, and what they list. */
  isWhole: boolean
  /** The image, and what it lists at any depth, of what the index knows. */
  manifests: readonly IndexedImage[]
}

/**
 * Makes what tells the contents of images of one repository: of an image, of all that it lists at any depth, and of what refers
 * to any of these.
 */
export function makeContentsOf(images: readonly IndexedImage[]): (image: IndexedImage) => Contents {
  const byKey = new Map(images.map((image) => [digestKey(image.digest), image]))
  const referrers = new Map<string, IndexedImage[]>()
  for (const image of images)
    for (const { kind, key } of image.references ?? [])
      if (kind === 'subject') referrers.set(key, [...(referrers.get(key) ?? []), image])

  return (root) => {
    const belonging = new Set([root])
    const listed = new Set([root])
    const blobs = new Map<string, number>()
    let isWhole = true
    for (const image of belonging) {
      isWhole &&= image.isResolved
      for (const referrer of referrers.get(digestKey(image.digest)) ?? []) belonging.add(referrer)
      for (const { kind, key, size } of image.references ?? []) {
        if (kind === 'blob') blobs.set(key, size)
        if (kind !== 'child') continue
        const child = byKey.get(key)
        if (child === undefined) isWhole = false
        else {
          belonging.add(child)
          if (listed.has(image)) listed.add(child)
        }
      }
    }
    return { blobs, isWhole, manifests: [...listed] }
  }
}

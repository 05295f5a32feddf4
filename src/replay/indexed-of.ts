import { digestKey } from '../usage/digest-key.ts'
import { believableSize } from '../usage/fact.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import type { Image } from '../usage/model.ts'
import { contentsSizeOf } from '../usage/reference-list.ts'

/** An image of the model as the index would give it: it names references by their keys, and knows sizes of blobs only. */
export function indexedOf({ references, ...image }: Image): IndexedImage {
  return {
    ...image,
    totalSize: image.size + contentsSizeOf(references ?? []),
    references: references?.map(({ kind, digest, size }) => ({
      ...{ kind, key: digestKey(digest), size: kind === 'blob' ? believableSize(size) : 0 },
    })),
  }
}

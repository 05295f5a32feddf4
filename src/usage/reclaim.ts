import { ownSizeOf } from './codec.ts'
import { digestKey } from './digest-key.ts'
import { addSize, countsOf, largestSize, removeSize, type SizeCounts } from './size-counts.ts'

/** A manifest in a repository of a project. */
export interface ImageId {
  repository: string
  digest: string
}

/** Bytes by which the project's `uniqueBytes` and the registry's `uniqueBytes` become less. */
export interface Freed {
  uniqueBytes: number
  registryBytes: number
}

/** A content of the project, with what decides on its size (model-sizes.ts). Sizes in bytes. */
export interface Content {
  isManifest: boolean
  /** As sightings of the manifest tell it; 0 if none does. */
  ownSize: number
  /** The largest that a link tells, where ABSENT is 0; `undefined` if none tells one. Links stay when manifests go. */
  measuredSize: number | undefined
  /** One for each manifest that references it. */
  stated: SizeCounts
  /** Holdings of all projects of the registry, this one among them. Absent if no other project holds the content. */
  holdings: SizeCounts | undefined
}

/** The blobs that a manifest references, each once, and the size that it states for each. */
export interface BlobList {
  contents: Content[]
  sizes: number[]
}

export interface Manifest {
  content: Content
  /** The one that counts first. */
  lists: BlobList[]
  images: {
    repositoryId: number
    isGone: boolean
    sizedAt: number
    size: number
    /** Numbers of the lists that sightings in the repository told. */
    lists: number[]
  }[]
}

/** Added to a size that the registry measured: it beats every other one (scripts/holders.lua). */
export const MEASURED = 2 ** 41
export const NOT_HELD = -1

/** What a project tells its registry of a content: the size, plus MEASURED if that is measured; or NOT_HELD. */
export function holdingOf({ isManifest, ownSize, measuredSize, stated }: Content): number {
  if (isManifest && ownSize > 0) return ownSize + MEASURED
  const largest = largestSize(stated)
  if (!isManifest && largest === -1) return NOT_HELD
  return measuredSize !== undefined ? measuredSize + MEASURED : Math.max(0, largest)
}

const bytesOf = (holding: number): number => (holding === NOT_HELD ? 0 : holding % MEASURED)

/**
 * What a project and its registry would no longer hold if some manifests were deleted. It is pure: `read-reclaim.ts` fills
 * `contents`, `manifests` and `repositoryIds` from the index. What is freed depends only on which images are gone, not on
 * the order in which they went. So `putBack` is the reverse of `take`.
 */
export function makeReclaimState() {
  /** By the key of their digest. */
  const contents = new Map<string, Content>()
  const manifests = new Map<string, Manifest>()
  const repositoryIds = new Map<string, number>()

  function change(content: Content, freed: Freed, make: () => void): void {
    const before = holdingOf(content)
    make()
    const after = holdingOf(content)
    if (before === after) return
    freed.uniqueBytes += bytesOf(before) - bytesOf(after)
    if (content.holdings === undefined) {
      freed.registryBytes += bytesOf(before) - bytesOf(after)
      return
    }
    const inAll = bytesOf(largestSize(content.holdings))
    if (before !== NOT_HELD) removeSize(content.holdings, before)
    if (after !== NOT_HELD) addSize(content.holdings, after)
    freed.registryBytes += inAll - bytesOf(largestSize(content.holdings))
  }

  /** Marks images as gone, or as not gone. Leaves out those that are already, and those that the project lacks. */
  function mark(images: Iterable<ImageId>, isGone: boolean): Freed {
    const freed: Freed = { uniqueBytes: 0, registryBytes: 0 }
    for (const { repository, digest } of images) {
      const manifest = manifests.get(digestKey(digest))
      const id = repositoryIds.get(repository)
      const image = manifest?.images.find(({ repositoryId }) => repositoryId === id)
      if (manifest === undefined || image === undefined || image.isGone === isGone) continue
      const listBefore = standing(manifest).list
      image.isGone = isGone
      const { isPresent, ownSize, list } = standing(manifest)
      change(manifest.content, freed, () => {
        manifest.content.isManifest = isPresent
        manifest.content.ownSize = ownSize
      })
      if (list === listBefore) continue
      for (const [i, content] of (listBefore?.contents ?? []).entries())
        change(content, freed, () => removeSize(content.stated, listBefore?.sizes[i] ?? 0))
      for (const [i, content] of (list?.contents ?? []).entries())
        change(content, freed, () => addSize(content.stated, list?.sizes[i] ?? 0))
    }
    return freed
  }

  return {
    contents,
    manifests,
    repositoryIds,
    /** Deletes images, and gives what that frees in addition to those that are gone already. */
    take: (images: Iterable<ImageId>): Freed => mark(images, true),
    /** The reverse. Gives what that frees: zero or less. */
    putBack: (images: Iterable<ImageId>): Freed => mark(images, false),
  }
}
export type ReclaimState = ReturnType<typeof makeReclaimState>

/** What is left of a manifest. */
function standing({ images, lists }: Manifest) {
  const left = images.filter(({ isGone }) => !isGone)
  const first = Math.min(...left.flatMap((image) => image.lists))
  return { isPresent: left.length > 0, ownSize: ownSizeOf(left), list: lists[first] }
}

/** A content that no manifest claims and no project holds. */
export const newContent = (): Content => ({
  ...{ isManifest: false, ownSize: 0, measuredSize: undefined, stated: countsOf(0, 0), holdings: undefined },
})

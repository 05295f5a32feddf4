import type { PolicyImage } from './dialect.ts'

/** How the images of a repository depend on each other in Harbor. */
export interface Relations {
  /** The image that this one signs or describes, if it is there. */
  subjectOf(image: PolicyImage): PolicyImage | undefined
  /** The indexes that list it. */
  parentsOf(image: PolicyImage): readonly PolicyImage[]
  /**
   * Whether Harbor lists it, so that retention sees it. Untagged children of an index are not listed
   * (src/pkg/artifact/dao/dao.go), nor are accessories, which are what signs or describes an image
   * (src/controller/artifact/controller.go, List).
   */
  isListed(image: PolicyImage): boolean
}

/** Only signatures of cosign are known by their tag (src/server/middleware/cosign/cosign.go). */
const SIGNATURE = /^sha256-([0-9a-f]{64})\.sig$/

export function relationsOf(images: readonly PolicyImage[]): Relations {
  const byDigest = new Map(images.map((image) => [image.digest, image]))
  const parents = new Map<string, PolicyImage[]>()
  for (const image of images)
    for (const digest of image.children) {
      const others = parents.get(digest)
      if (others) others.push(image)
      else parents.set(digest, [image])
    }
  const subjectOf = (image: PolicyImage) => byDigest.get(image.subject ?? subjectInTags(image) ?? '')
  const parentsOf = ({ digest }: PolicyImage) => parents.get(digest) ?? []
  return {
    ...{ subjectOf, parentsOf },
    isListed: (image) =>
      subjectOf(image) === undefined && (image.tags.length > 0 || parentsOf(image).length === 0),
  }
}

function subjectInTags({ tags }: PolicyImage): string | undefined {
  for (const { name } of tags) {
    const hash = SIGNATURE.exec(name)?.[1]
    if (hash !== undefined) return `sha256:${hash}`
  }
  return undefined
}

/**
 * Finds what goes: images that nothing retains, that no index lists which stays, and whose subject goes too. Harbor
 * refuses to delete what an index lists, and deletes children and accessories with the last image that needs them
 * (src/controller/artifact/controller.go, deleteDeeply). Images that need each other in a circle stay.
 */
export function expireUnheld(
  images: readonly PolicyImage[],
  { subjectOf, parentsOf }: Relations,
  isRetained: (image: PolicyImage) => boolean,
): ReadonlySet<PolicyImage> {
  const heldBy = new Map<PolicyImage, PolicyImage[]>()
  const holders = new Map<PolicyImage, number>()
  for (const image of images) {
    const subject = subjectOf(image)
    const needed = [...parentsOf(image), ...(subject ? [subject] : [])]
    holders.set(image, needed.length)
    for (const holder of needed) {
      const held = heldBy.get(holder)
      if (held) held.push(image)
      else heldBy.set(holder, [image])
    }
  }
  const expired = new Set(images.filter((image) => holders.get(image) === 0 && !isRetained(image)))
  // The loop also visits what it adds.
  for (const holder of expired)
    for (const image of heldBy.get(holder) ?? []) {
      const left = (holders.get(image) ?? 0) - 1
      holders.set(image, left)
      if (left === 0 && !isRetained(image)) expired.add(image)
    }
  return expired
}

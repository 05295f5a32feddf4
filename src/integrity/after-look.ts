import { type BrokenImage, imageOf } from './broken-images.ts'

/** What becomes of the broken images that are known of a repository. */
export interface AfterLook {
  /** To be recorded as they are here. */
  set: BrokenImage[]
  /** Digests of those that are whole by now, or gone. */
  remove: string[]
}

/**
 * Compares the broken images that are known of a repository with what a look at it has found. A look sees sizes, and no bytes:
 * that content is corrupt is known until it was read again (scrub, repair). What was not looked at stays as it is known.
 * `isThere`: whether the repository has the manifest.
 */
export function afterLook(
  known: readonly BrokenImage[],
  found: { broken: readonly BrokenImage[]; whole: ReadonlySet<string>; isThere: (digest: string) => boolean },
): AfterLook {
  const before = new Map(known.map((image) => [image.digest, image]))
  const set = found.broken.map((image) => withCorrupt(image, before.get(image.digest)))
  const isBroken = new Set(set.map(({ digest }) => digest))
  const remove: string[] = []
  for (const image of known) {
    if (isBroken.has(image.digest)) continue
    if (!found.isThere(image.digest)) remove.push(image.digest)
    else if (found.whole.has(image.digest)) {
      const corrupt = image.damages.filter(isSeenByBytes)
      if (corrupt.length === 0) remove.push(image.digest)
      else if (corrupt.length < image.damages.length)
        set.push(imageOf(image.repository, image.digest, image.tags, corrupt))
    }
  }
  return { set, remove }
}

/** A manifest's bytes are read by each look over storage; those of configs and layers are not. */
const isSeenByBytes = ({ fault, part }: BrokenImage['damages'][number]): boolean =>
  fault === 'corrupt' && part !== 'manifest'

function withCorrupt(image: BrokenImage, before: BrokenImage | undefined): BrokenImage {
  const now = new Set(image.damages.map(({ digest }) => digest))
  const kept = (before?.damages ?? []).filter((one) => isSeenByBytes(one) && !now.has(one.digest))
  return kept.length === 0
    ? image
    : { ...image, damages: [...image.damages, ...kept], damageCount: image.damageCount + kept.length }
}

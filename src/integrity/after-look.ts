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
 * what a scrub has found stays until it was read again (scrub, repair). What was not looked at stays as it is known.
 * `isThere`: whether the repository has the manifest.
 */
export function afterLook(
  known: readonly BrokenImage[],
  found: { broken: readonly BrokenImage[]; whole: ReadonlySet<string>; isThere: (digest: string) => boolean },
): AfterLook {
  const before = new Map(known.map((image) => [image.digest, image]))
  const set = found.broken.map((image) => withScrubbed(image, before.get(image.digest)))
  const isBroken = new Set(set.map(({ digest }) => digest))
  const remove: string[] = []
  for (const image of known) {
    if (isBroken.has(image.digest)) continue
    if (!found.isThere(image.digest)) remove.push(image.digest)
    else if (found.whole.has(image.digest)) {
      const scrubbed = image.damages.filter(isOfScrub)
      if (scrubbed.length === 0) remove.push(image.digest)
      else if (scrubbed.length < image.damages.length)
        set.push({
          ...imageOf(image.repository, image.digest, image.tags, scrubbed),
          tagCount: image.tagCount,
        })
    }
  }
  return { set, remove }
}

const isOfScrub = ({ at }: BrokenImage['damages'][number]): boolean => at !== undefined

function withScrubbed(image: BrokenImage, before: BrokenImage | undefined): BrokenImage {
  const now = new Set(image.damages.map(({ digest }) => digest))
  const kept = (before?.damages ?? []).filter((one) => isOfScrub(one) && !now.has(one.digest))
  return kept.length === 0
    ? image
    : { ...image, damages: [...image.damages, ...kept], damageCount: image.damageCount + kept.length }
}

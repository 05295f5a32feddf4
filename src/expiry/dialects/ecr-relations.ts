import type { PolicyImage, Verdict } from './dialect.ts'

/** What becomes of an image, and why. */
export type Ruling = Pick<Verdict, 'isKept' | 'reason'>

/** How the images of one repository depend on each other. */
export interface EcrRelations {
  /** The indexes that list the image. */
  listedBy(image: PolicyImage): readonly PolicyImage[]
  subjectOf(image: PolicyImage): PolicyImage | undefined
}

export function ecrRelationsOf(images: readonly PolicyImage[]): EcrRelations {
  const byDigest = new Map(images.map((image) => [image.digest, image]))
  const parents = new Map<string, PolicyImage[]>()
  for (const image of images)
    for (const child of new Set(image.children)) {
      const known = parents.get(child)
      if (known) known.push(image)
      else parents.set(child, [image])
    }
  return {
    listedBy: ({ digest }) => parents.get(digest) ?? NONE,
    subjectOf: ({ subject }) => (subject === null ? undefined : byDigest.get(subject)),
  }
}

const NONE: readonly PolicyImage[] = []

/**
 * Corrects what the rules decide ("Lifecycle policy evaluation rules"):
 * - "If an image is referenced by a manifest list, it cannot be expired or archived without the manifest list being
 *   deleted or archived first." Here nothing is archived, so a child stays unless all its indexes expire.
 * - Reference artifacts expire "within 24 hours of the deletion or archival of the subject image". Here they expire
 *   together with it.
 */
export function settle(
  images: readonly PolicyImage[],
  relations: EcrRelations,
  decidedByRules: (image: PolicyImage) => Ruling,
): Map<PolicyImage, Ruling> {
  const settled = new Map<PolicyImage, Ruling>()

  function decide(image: PolicyImage): Ruling {
    const own = decidedByRules(image)
    const keptParent = relations.listedBy(image).find((parent) => settled.get(parent)?.isKept !== false)
    if (keptParent)
      return own.isKept
        ? own
        : { isKept: true, reason: `it belongs to ${shortName(keptParent)}, which is kept` }
    const subject = relations.subjectOf(image)
    if (own.isKept && subject && settled.get(subject)?.isKept === false)
      return { isKept: false, reason: `it describes ${shortName(subject)}, which expires` }
    return own
  }

  for (const image of inOrder(images, relations)) settled.set(image, decide(image))
  for (const image of images) if (!settled.has(image)) settled.set(image, IN_A_CIRCLE)
  return settled
}

/**
 * Each image after the indexes that list it and after its subject. Leaves out images in a circle of references.
 * Kahn's algorithm: it has no recursion, so a chain of any length fits on the stack.
 */
function inOrder(images: readonly PolicyImage[], { listedBy, subjectOf }: EcrRelations): PolicyImage[] {
  const waitsFor = new Map<PolicyImage, number>()
  const dependents = new Map<PolicyImage, PolicyImage[]>()
  for (const image of images) {
    const subject = subjectOf(image)
    const before = subject ? [...listedBy(image), subject] : listedBy(image)
    waitsFor.set(image, before.length)
    for (const other of before) {
      const known = dependents.get(other)
      if (known) known.push(image)
      else dependents.set(other, [image])
    }
  }
  const ordered = images.filter((image) => waitsFor.get(image) === 0)
  for (const other of ordered) {
    for (const image of dependents.get(other) ?? NONE) {
      const left = (waitsFor.get(image) ?? 0) - 1
      waitsFor.set(image, left)
      if (left === 0) ordered.push(image)
    }
  }
  return ordered
}

/** No registry can hold a circle of digests, but a file can. */
const IN_A_CIRCLE: Ruling = { isKept: true, reason: 'its references form a circle, or lead to one' }

const shortName = ({ repository, digest, tags }: PolicyImage): string =>
  tags[0] ? `${repository}:${tags[0].name}` : `${repository}@${digest.slice(0, 19)}`

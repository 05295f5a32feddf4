import { digestKey } from '../usage/codec.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'

/** How the images of one repository hang together. */
export interface Relations {
  /** The image and all that it lists, at any depth: pulling or pushing a part is using the whole. */
  wholeOf(image: IndexedImage): IndexedImage[]
  /** What must go before the image may: the indexes that list it, and what it signs, attests or describes. */
  leadersOf(image: IndexedImage): readonly IndexedImage[]
  /** Whether the image signs, attests or describes something that the repository does not have. */
  isAstray(image: IndexedImage): boolean
  /** Each image after its leaders. Those on a circle of references, or behind one, are left out. */
  leadersFirst(): IndexedImage[]
}

export function relationsOf(images: readonly IndexedImage[]): Relations {
  const byKey = new Map(images.map((image) => [digestKey(image.digest), image]))
  const named = (keys: string[]) => [...new Set(keys)].flatMap((key) => byKey.get(key) ?? [])
  // Also where an index lists a manifest as if it were a blob: a manifest that an image names is a part of it.
  const childrenOf = (image: IndexedImage) =>
    named((image.references ?? []).filter(({ kind }) => kind !== 'subject').map(({ key }) => key))

  const leaders = new Map(images.map((image) => [image, new Set(named(subjectKeys(image)))]))
  for (const image of images) for (const child of childrenOf(image)) leaders.get(child)?.add(image)
  const leadersOf = (image: IndexedImage) => [...(leaders.get(image) ?? [])]

  return {
    leadersOf,
    isAstray: (image) => subjectKeys(image).some((key) => !byKey.has(key)),

    wholeOf(image) {
      const whole = new Set([image])
      for (const part of whole) for (const child of childrenOf(part)) whole.add(child)
      return [...whole]
    },

    /** Kahn's algorithm, for a chain of any length: recursion would end at some thousand. */
    leadersFirst() {
      const waitsFor = new Map(images.map((image) => [image, leadersOf(image).length]))
      const followers = Map.groupBy(
        images.flatMap((image) => leadersOf(image).map((leader) => ({ leader, image }))),
        ({ leader }) => leader,
      )
      const ordered = images.filter((image) => waitsFor.get(image) === 0)
      for (const leader of ordered) {
        for (const { image } of followers.get(leader) ?? []) {
          const left = (waitsFor.get(image) ?? 0) - 1
          waitsFor.set(image, left)
          if (left === 0) ordered.push(image)
        }
      }
      return ordered
    },
  }
}

/**
 * What cosign puts on a signature, attestation or SBOM (`sha256-<hex>.sig`, `.att`, `.sbom`), and the OCI
 * distribution spec on a list of referrers ("Referrers Tag Schema", `sha256-<hex>`, which cuts the hex at 64).
 */
const REFERRER_TAG = /^sha(?:256|384|512)-([0-9a-f]{64,128})(?:\.\w+)?$/

export const isReferrerTag = (tag: string): boolean => REFERRER_TAG.test(tag)

/**
 * Of the manifest's `subject`, and of its tags: several where one content describes several images, as an empty list
 * of referrers, which is the same for all.
 */
const subjectKeys = (image: IndexedImage): string[] => [
  ...(image.references ?? []).filter(({ kind }) => kind === 'subject').map(({ key }) => key),
  ...image.tags.flatMap(({ name }) => REFERRER_TAG.exec(name)?.[1]?.slice(0, 32) ?? []),
]

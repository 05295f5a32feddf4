import { digestKey } from '../usage/digest-key.ts'
import type { IndexedImage, IndexedTag } from '../usage/indexed-image.ts'

/**
 * How the images of one repository depend on each other. The **parents** of an image are the indexes that list it,
 * and the image that it signs, attests or describes (its subject). An image may be deleted only after its parents.
 */
export interface Relations {
  /** The image and everything that it lists, at any depth. Whoever pulls or pushes a part uses the whole. */
  withDescendants(image: IndexedImage): IndexedImage[]
  parentsOf(image: IndexedImage): readonly IndexedImage[]
  /** Whether it is the parent of another image. */
  hasDependents(image: IndexedImage): boolean
  /** Whether the image signs, attests or describes an image that is not in the repository. */
  lacksSubject(image: IndexedImage): boolean
  /** Each image after its parents. Leaves out images in a circle of references and their descendants. */
  parentsFirst(): IndexedImage[]
}

export function relationsOf(images: readonly IndexedImage[]): Relations {
  const byKey = new Map(images.map((image) => [digestKey(image.digest), image]))
  const imagesWith = (keys: string[]) => [...new Set(keys)].flatMap((key) => byKey.get(key) ?? [])
  // Includes manifests that an index lists as if they were blobs: whatever an image lists is a part of it.
  const childrenOf = (image: IndexedImage) =>
    imagesWith((image.references ?? []).filter(({ kind }) => kind !== 'subject').map(({ key }) => key))

  const subjectsOf = (image: IndexedImage) => [
    ...subjectKeys(image),
    ...(isUntaggedIndex(image) ? commonSubject(childrenOf(image)) : []),
  ]

  const parents = new Map(images.map((image) => [image, new Set(imagesWith(subjectsOf(image)))]))
  for (const image of images) for (const child of childrenOf(image)) parents.get(child)?.add(image)
  const parentsOf = (image: IndexedImage) => [...(parents.get(image) ?? [])]
  const allParents = new Set([...parents.values()].flatMap((some) => [...some]))

  return {
    parentsOf,
    hasDependents: (image) => allParents.has(image),
    lacksSubject: (image) => subjectsOf(image).some((key) => !byKey.has(key)),

    withDescendants(image) {
      const whole = new Set([image])
      for (const part of whole) for (const child of childrenOf(part)) whole.add(child)
      return [...whole]
    },

    /** Kahn's algorithm. It has no recursion, so a chain of any length fits on the stack. */
    parentsFirst() {
      const waitsFor = new Map(images.map((image) => [image, parentsOf(image).length]))
      const dependents = Map.groupBy(
        images.flatMap((image) => parentsOf(image).map((parent) => ({ parent, image }))),
        ({ parent }) => parent,
      )
      const ordered = images.filter((image) => waitsFor.get(image) === 0)
      for (const parent of ordered) {
        for (const { image } of dependents.get(parent) ?? []) {
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
 * The tag that names the subject of an image: `sha256-<hex>.sig`, `.att` or `.sbom` (cosign), or `sha256-<hex>` for a
 * list of referrers (OCI distribution spec, "Referrers Tag Schema", which cuts the hex at 64 digits).
 */
const REFERRER_TAG = /^sha(?:256|384|512)-([0-9a-f]{64,128})(?:\.\w+)?$/

export const isReferrerTag = (tag: string): boolean => REFERRER_TAG.test(tag)

/** The tags of an image that name no subject. */
export const ordinaryTags = ({ tags }: IndexedImage): IndexedTag[] =>
  tags.filter(({ name }) => !isReferrerTag(name))

/** The key of the subject that a tag names; none for a tag of another form. */
export const subjectKeysOfTag = (tag: string): string[] => {
  const hex = REFERRER_TAG.exec(tag)?.[1]
  return hex === undefined ? [] : [hex.slice(0, 32)]
}

/**
 * An index without a tag may be an old list of referrers: whoever adds a signature pushes a new list under the tag, and the
 * old one loses it. It lists nothing but artifacts of one subject, and goes with that, as they do.
 */
const isUntaggedIndex = ({ tags, references = [] }: IndexedImage): boolean =>
  tags.length === 0 && references.every(({ kind }) => kind === 'child')

/** The key of the subject that all of some artifacts have; none if there is no such subject. */
function commonSubject(artifacts: readonly IndexedImage[]): string[] {
  const [first, ...others] = artifacts.map((artifact) => new Set(subjectFields(artifact)))
  return [...(first ?? [])].filter((key) => others.every((keys) => keys.has(key)))
}

const subjectFields = ({ references = [] }: IndexedImage): string[] =>
  references.filter(({ kind }) => kind === 'subject').map(({ key }) => key)

/**
 * Keys of the subjects of an image, from its `subject` field and from its tags. There can be several: an empty list of
 * referrers has the same digest for every subject.
 */
const subjectKeys = (image: IndexedImage): string[] => [
  ...subjectFields(image),
  ...image.tags.flatMap(({ name }) => subjectKeysOfTag(name)),
]

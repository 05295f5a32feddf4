import { digestKey } from './digest-key.ts'
import type { IndexedImage } from './indexed-image.ts'

/** What might be deleted: a tag, a manifest by its digest, or a whole repository. */
export type DeletionTarget = { repository: string } & ({ tag: string } | { digest: string } | object)

/**
 * The images that go when the target is deleted, by the same rules as expiry. A tag takes its manifest along, unless
 * another tag or an index of the repository needs it. A manifest takes along its untagged children that no other
 * index of the repository lists (docs/registries.md, What cleaners get wrong). Empty if nothing goes but the tag;
 * `undefined` if the project has no such target.
 */
export const deletionOf = (
  images: readonly IndexedImage[],
  target: DeletionTarget,
): IndexedImage[] | undefined => deletionsAmong(images, target.repository)(target)

/** The same for many targets of one repository, among its images: what they have in common is found once. */
export function deletionsAmong(
  images: readonly IndexedImage[],
  repository: string,
): (target: DeletionTarget) => IndexedImage[] | undefined {
  const inRepository = images.filter((image) => image.repository === repository)
  const parentsOf = indexParents(inRepository)
  const byKey = new Map(inRepository.map((image) => [digestKey(image.digest), image]))
  const byDigest = new Map(inRepository.map((image) => [image.digest, image]))
  const byTag = new Map(inRepository.flatMap((image) => image.tags.map(({ name }) => [name, image] as const)))

  return (target) => {
    if (!('tag' in target || 'digest' in target)) return inRepository.length > 0 ? inRepository : undefined
    const first = 'tag' in target ? byTag.get(target.tag) : byDigest.get(target.digest)
    if (first === undefined) return undefined
    if ('tag' in target && (first.tags.length > 1 || parentsOf(first).length > 0)) return []
    const deleted = new Set([first])
    // Also goes over the children that it adds. A child is checked with each parent; the last parent to go settles it.
    for (const image of deleted)
      for (const { kind, key } of image.references ?? []) {
        const child = kind === 'subject' ? undefined : byKey.get(key)
        if (child && child.tags.length === 0 && parentsOf(child).every((parent) => deleted.has(parent)))
          deleted.add(child)
      }
    return [...deleted]
  }
}

/** Gives a function from an image to the images that reference it, other than as their subject. */
function indexParents(images: readonly IndexedImage[]): (image: IndexedImage) => IndexedImage[] {
  const parents = new Map<string, Set<IndexedImage>>()
  for (const image of images)
    for (const { kind, key } of image.references ?? [])
      if (kind !== 'subject') parents.set(key, (parents.get(key) ?? new Set()).add(image))
  return ({ digest }) => [...(parents.get(digestKey(digest)) ?? [])]
}

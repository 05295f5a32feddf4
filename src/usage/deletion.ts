import { digestKey } from './codec.ts'
import type { IndexedImage } from './indexed-image.ts'

/** What might be deleted: a tag, a manifest by its digest, or a whole repository. */
export type DeletionTarget = { repository: string } & ({ tag: string } | { digest: string } | object)

/**
 * The manifests that go when the target is deleted: of a tag its manifest, unless another tag or an index of the
 * repository needs it; and with a manifest the children that nothing else there names, as expiry deletes them. Empty
 * where nothing goes but the tag; `undefined` where the project has no such target.
 */
export function deletionOf(
  images: readonly IndexedImage[],
  target: DeletionTarget,
): IndexedImage[] | undefined {
  const there = images.filter(({ repository }) => repository === target.repository)
  const parents = new Map<string, Set<IndexedImage>>()
  for (const image of there)
    for (const { kind, key } of image.references ?? [])
      if (kind !== 'subject') parents.set(key, (parents.get(key) ?? new Set()).add(image))
  const parentsOf = (image: IndexedImage) => [...(parents.get(digestKey(image.digest)) ?? [])]

  const named = there.filter((image) => {
    if ('tag' in target) return image.tags.some(({ name }) => name === target.tag)
    return 'digest' in target ? image.digest === target.digest : true
  })
  if (named.length === 0) return undefined
  if (!('tag' in target || 'digest' in target)) return named
  const [first] = named
  if (first === undefined) return undefined
  if ('tag' in target && (first.tags.length > 1 || parentsOf(first).length > 0)) return []

  const byKey = new Map(there.map((image) => [digestKey(image.digest), image]))
  const gone = new Set([first])
  // A child is looked at again with each of its parents that goes, the last of which settles it.
  for (const image of gone)
    for (const { kind, key } of image.references ?? []) {
      const child = kind === 'subject' ? undefined : byKey.get(key)
      if (child && child.tags.length === 0 && parentsOf(child).every((parent) => gone.has(parent)))
        gone.add(child)
    }
  return [...gone]
}

/** Keys of the contents that a project holds and would no longer hold without `gone`. */
export function releasedKeys(images: readonly IndexedImage[], gone: readonly IndexedImage[]): Set<string> {
  const going = new Set(gone)
  const kept = new Set(images.filter((image) => !going.has(image)).flatMap(keysOf))
  return new Set(gone.flatMap(keysOf).filter((key) => !kept.has(key)))
}

/** A manifest's own content, its config and layers. */
const keysOf = ({ digest, references = [] }: IndexedImage): string[] => [
  digestKey(digest),
  ...references.filter(({ kind }) => kind === 'blob').map(({ key }) => key),
]

import type { StoredManifest } from './codec.ts'

/** Bytes of these manifests and of all that they reference, each content once. */
export function wholeSize(
  manifests: Iterable<Pick<StoredManifest, 'digest' | 'size' | 'references'>>,
): number {
  const sizes = new Map<string, number>()
  for (const { digest, size, references } of manifests) {
    sizes.set(digest, size)
    for (const reference of references ?? [])
      if (reference.kind === 'blob') sizes.set(reference.key, reference.size)
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0)
}

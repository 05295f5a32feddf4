import { digestKey } from './digest-key.ts'
import type { UsageIndex } from './usage-index.ts'

/**
 * The bytes that the tagged manifests of a project reference, with those that they list, each content once: what GitLab's
 * registry counts, if it has a metadata database. Sizes are those that manifests state. It reads the whole project.
 */
export async function taggedBytes(
  index: Pick<UsageIndex, 'repositories' | 'images'>,
  project: string,
): Promise<number> {
  const sizes = new Map<string, number>()
  for (const repository of await index.repositories(project)) {
    const images = await index.images(project, repository)
    const byKey = new Map(images.map((image) => [digestKey(image.digest), image]))
    const queue = images.filter(({ tags }) => tags.length > 0)
    const reached = new Set(queue)
    for (const { digest, size, references = [] } of queue) {
      sizes.set(digestKey(digest), size)
      for (const { kind, key, size } of references) {
        const child = kind === 'subject' ? undefined : byKey.get(key)
        if (child === undefined) {
          if (kind === 'blob') sizes.set(key, size)
        } else if (!reached.has(child)) {
          reached.add(child)
          queue.push(child)
        }
      }
    }
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0)
}

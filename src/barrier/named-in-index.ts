import pMap from 'p-map'
import { digestKey } from '../usage/digest-key.ts'
import type { UsageIndex } from '../usage/usage-index.ts'

/** Repositories that are read at a time. */
const AT_ONCE = { concurrency: 4 }

/** Which of these blobs images of a registry name, or are, by the index. It reads the whole index of the registry. */
export async function namedInIndex(
  index: Pick<UsageIndex, 'projects' | 'heldRepositories' | 'images'>,
  registry: string,
  digests: readonly string[],
): Promise<ReadonlySet<string>> {
  const byKey = new Map(digests.map((digest) => [digestKey(digest), digest]))
  const named = new Set<string>()
  const note = (key: string) => {
    const digest = byKey.get(key)
    if (digest !== undefined) named.add(digest)
  }
  for (const project of await index.projects(registry))
    await pMap(
      await index.heldRepositories(project),
      async ({ name }) => {
        for (const image of await index.images(project, name)) {
          note(digestKey(image.digest))
          for (const { key } of image.references ?? []) note(key)
        }
      },
      AT_ONCE,
    )
  return named
}

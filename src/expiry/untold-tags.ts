import pMap from 'p-map'
import type { RegistryClient } from '../registry/client.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'

/** Tags of a repository up to which all are looked up, and not only those that the index lacks. */
const ALL_UP_TO = 1_000

/** Tags that are looked up at a time. */
const AT_ONCE = 4

/**
 * Finds the tags at the registry that stand elsewhere than the index says, since their notifications were lost or are late.
 * Lists the tags and looks up each one that the index lacks; of a repository with at most 1,000 tags it looks up all. Gives
 * the names by the digest that they are on.
 */
export async function findUntoldTags(
  client: Pick<RegistryClient, 'tags' | 'headManifest'>,
  repository: string,
  images: readonly IndexedImage[],
): Promise<Map<string, string>> {
  const told = new Map(images.flatMap(({ tags, digest }) => tags.map(({ name }) => [name, digest] as const)))
  const tags = await Array.fromAsync(client.tags(repository))
  const asked = tags.length <= ALL_UP_TO ? tags : tags.filter((tag) => !told.has(tag))
  const found = new Map<string, string>()
  await pMap(
    asked,
    async (tag) => {
      const at = await client.headManifest(repository, tag)
      if (at !== undefined && told.get(tag) !== at.digest) found.set(at.digest, tag)
    },
    { concurrency: AT_ONCE },
  )
  return found
}

import pMap from 'p-map'
import type { RegistryClient } from '../registry/client.ts'
import { parseManifest } from '../registry/manifest.ts'
import { InvalidManifest } from '../registry/registry-error.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import { referencesOf } from '../usage/references-of.ts'

/** Tags that are looked up at a time. */
const AT_ONCE = 8

/**
 * Finds the tags at the registry that stand elsewhere than the index says, since their notifications were lost or are late.
 * Lists the tags and looks up all of them, or only those that the index lacks. Gives what they keep by its digest: the image that a tag is on, and, if the index lacks that image, all that it lists. The
 * values say why, for people.
 */
export async function findUntoldTags(
  client: Pick<RegistryClient, 'tags' | 'headManifest' | 'getManifest'>,
  repository: string,
  images: readonly IndexedImage[],
  which: 'all' | 'lacking',
): Promise<Map<string, string>> {
  const told = new Map(images.flatMap(({ tags, digest }) => tags.map(({ name }) => [name, digest] as const)))
  const known = new Set(images.map(({ digest }) => digest))
  const tags = await Array.fromAsync(client.tags(repository))
  const asked = which === 'all' ? tags : tags.filter((tag) => !told.has(tag))
  const found = new Map<string, string>()

  async function keepListed(digest: string, tag: string): Promise<void> {
    for (const listed of await listedBy(client, repository, digest)) {
      if (found.has(listed)) continue
      found.set(listed, `it belongs to the tag ${tag} of the registry, which no notification told`)
      if (!known.has(listed)) await keepListed(listed, tag)
    }
  }

  await pMap(
    asked,
    async (tag) => {
      const at = await client.headManifest(repository, tag)
      if (at === undefined || told.get(tag) === at.digest) return
      found.set(at.digest, `the registry has the tag ${tag} on it, which no notification told`)
      // Of an image that the index has, the plan knows what it lists.
      if (!known.has(at.digest)) await keepListed(at.digest, tag)
    },
    { concurrency: AT_ONCE },
  )
  return found
}

/** The digests of all that a manifest lists as manifests. None if it is no manifest of a known kind. */
async function listedBy(
  client: Pick<RegistryClient, 'getManifest'>,
  repository: string,
  digest: string,
): Promise<string[]> {
  const manifest = await client.getManifest(repository, digest)
  if (manifest === undefined) return []
  try {
    const references = referencesOf(parseManifest(manifest.bytes, manifest.descriptor.mediaType))
    return references.flatMap((one) => (one.kind === 'child' ? [one.digest] : []))
  } catch (error) {
    if (error instanceof InvalidManifest) return []
    throw error
  }
}

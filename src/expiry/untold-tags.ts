import pMap from 'p-map'
import type { RegistryClient } from '../registry/client.ts'
import { parseManifest } from '../registry/manifest.ts'
import { hasNoAnswer, InvalidManifest, RegistryError } from '../registry/registry-error.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import { referencesOf } from '../usage/references-of.ts'
import { digestsIn } from './not-understood.ts'

/** Tags that are looked up at a time. */
const AT_ONCE = 8

/**
 * Finds the tags at the registry that stand elsewhere than the index says, since their notifications were lost or are late.
 * Lists the tags and looks up all of them, or only those that the index lacks. Gives what they keep by its digest: the image
 * that a tag is on, and, if the index lacks that image, all that it lists. The values say why, for people.
 *
 * A tag that the registry cannot read, since its storage is damaged, keeps what it may name: the image that it is on by the
 * index, or any image if the index lacks the tag. @throws RegistryError if the registry is not well, or is away
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
  const keep = (digest: string, why: string) => void (found.has(digest) || found.set(digest, why))

  async function keepListed(digest: string, tag: string): Promise<void> {
    for (const listed of await listedBy(client, repository, digest)) {
      if (found.has(listed)) continue
      keep(listed, `it belongs to the tag ${tag} of the registry, which no notification told`)
      if (!known.has(listed)) await keepListed(listed, tag)
    }
  }

  async function lookUp(tag: string): Promise<void> {
    const at = await client.headManifest(repository, tag)
    if (at === undefined || told.get(tag) === at.digest) return
    keep(at.digest, `the registry has the tag ${tag} on it, which no notification told`)
    // Of an image that the index has, the plan knows what it lists.
    if (!known.has(at.digest)) await keepListed(at.digest, tag)
  }

  function keepWhatMayBeNamed(tag: string, { answer }: RegistryError): void {
    const named = told.get(tag)
    if (named !== undefined) keep(named, `the registry cannot read its tag ${tag}: ${answer}`)
    else
      for (const digest of known)
        keep(digest, `the registry cannot read its tag ${tag}, which may name any image: ${answer}`)
  }

  const unread: string[] = []
  const lookUpAll = (some: readonly string[], onUnreadable: (tag: string, error: RegistryError) => void) =>
    pMap(
      some,
      (tag) =>
        lookUp(tag).catch((error) => {
          if (!isUnreadable(error)) throw error
          onUnreadable(tag, error)
        }),
      { concurrency: AT_ONCE },
    )
  await lookUpAll(asked, (tag) => unread.push(tag))
  // What fails once may have been a moment of the registry.
  await lookUpAll(unread, keepWhatMayBeNamed)
  return found
}

/** Whether the registry answers so because of what it was asked for. Other answers may be the same for whatever is asked. */
export function isUnreadable(error: unknown): error is RegistryError {
  if (!(error instanceof RegistryError) || hasNoAnswer(error) || error.status === 401) return false
  return !error.retry || error.status === 500
}

/** The digests of all that a manifest lists as manifests. If it is not understood, of all that its text names. */
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
    if (error instanceof InvalidManifest) return digestsIn(manifest.bytes)
    throw error
  }
}

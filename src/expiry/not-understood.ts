import type { RegistryClient } from '../registry/client.ts'
import { isDigest } from '../registry/digest.ts'
import { parseManifest } from '../registry/manifest.ts'
import { InvalidManifest, RegistryError } from '../registry/registry-error.ts'
import { digestKey } from '../usage/digest-key.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'

/** A manifest that was read and is not understood. It may list or sign whatever its text names, and nothing else. */
export interface NotUnderstood {
  /** Half a sentence, such as `it has more than 40000 references`. */
  why: string
  /** Keys of all digests in its text. */
  names: readonly string[]
}

/** Manifests that are remembered, at most: one of 4 MiB can name 40,000 digests. */
const MOST_REMEMBERED = 100
/** How long a manifest that could not be read is not asked for again, and one that the index will know soon, in µs. */
const RETRY_US = 60_000_000

/**
 * Reads the images of a repository whose references the index does not know. It ends with the first that is not there, cannot be
 * read, or is understood: the index does not know its references yet, so all images of the repository are kept anyway. `now`
 * is a clock in epoch µs.
 */
export function makeFindNotUnderstood(deps: {
  /** `undefined` for a registry that must not be asked. */
  clientOf: (registry: string) => Pick<RegistryClient, 'getManifest'> | undefined
  now: () => number
}) {
  // What a digest names never changes.
  const remembered = new Map<string, NotUnderstood>()
  const retries = new Map<string, number>()

  async function read(
    client: Pick<RegistryClient, 'getManifest'>,
    registry: string,
    { repository, digest }: IndexedImage,
  ): Promise<NotUnderstood | undefined> {
    const known = remembered.get(digest)
    if (known !== undefined) return known
    const name = `${registry}/${repository}@${digest}`
    if ((retries.get(name) ?? 0) > deps.now()) return undefined
    const found = await notUnderstood(client, repository, digest)
    if (found === undefined) remember(retries, name, deps.now() + RETRY_US)
    else remember(remembered, digest, found)
    return found
  }

  return async function findNotUnderstood(
    registry: string,
    images: readonly IndexedImage[],
  ): Promise<ReadonlyMap<string, NotUnderstood>> {
    const found = new Map<string, NotUnderstood>()
    const client = deps.clientOf(registry)
    if (client === undefined) return found
    // In the order of plans, so that the reason there names the image at which this ends.
    const unresolved = images.filter(({ isResolved }) => !isResolved)
    for (const image of unresolved.sort((a, b) => (a.digest < b.digest ? -1 : 1))) {
      const one = isDigest(image.digest) ? await read(client, registry, image) : undefined
      if (one === undefined) break
      found.set(image.digest, one)
    }
    return found
  }
}
export type FindNotUnderstood = ReturnType<typeof makeFindNotUnderstood>

async function notUnderstood(
  client: Pick<RegistryClient, 'getManifest'>,
  repository: string,
  digest: string,
): Promise<NotUnderstood | undefined> {
  try {
    const manifest = await client.getManifest(repository, digest)
    if (manifest === undefined) return undefined
    try {
      parseManifest(manifest.bytes, manifest.descriptor.mediaType)
      return undefined
    } catch (error) {
      if (!(error instanceof InvalidManifest)) throw error
      return { why: error.message, names: digestsIn(manifest.bytes).map(digestKey) }
    }
  } catch (error) {
    if (error instanceof RegistryError) return undefined
    throw error
  }
}

const DIGESTS = /sha(?:256|384|512):[0-9a-f]+/g
const ESCAPED = /\\u00([0-7][0-9a-f])/gi

/** All digests in the text of a manifest, each once. JSON may write any character as an escape. */
export function digestsIn(manifest: Buffer): string[] {
  const text = manifest
    .toString()
    .replace(ESCAPED, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return [...new Set(text.match(DIGESTS))].filter(isDigest)
}

/** Forgets the oldest if there are too many. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key)
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > MOST_REMEMBERED && oldest !== undefined) map.delete(oldest)
}

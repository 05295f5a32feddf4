import pMap, { pMapSkip } from 'p-map'
import type { Descriptor } from '../registry/descriptor.ts'
import { isDigest } from '../registry/digest.ts'
import { MANIFEST_LIMIT, parseStoredManifest } from '../registry/manifest.ts'
import { InvalidManifest } from '../registry/registry-error.ts'
import { blobKey, layerLink, revisionKey } from '../storage/layout.ts'
import type { RegistryStorage } from '../storage/storage.ts'
import { ObjectTooLarge } from '../store/object-store.ts'

/** Bytes of a link file that are read. The longest digest has 135. */
const LINK_LIMIT = 1024

/** What a manifest is stored as, and names. */
export interface Named {
  /** Its digest in the storage. */
  manifest: string
  /**
   * The blobs and manifests, by the digests by which they are stored. Not its `subject`, which the registry's collector does
   * not follow. What has `urls` (`foreign`) may be stored elsewhere. Undefined: it is not there, or cannot be parsed.
   */
  named: { digest: string; isChild: boolean; foreign?: true }[] | undefined
}

/**
 * Makes a function that reads what a manifest names, by its digest and a repository that links it. `linksOf`: links to content that
 * was uploaded by a digest. A manifest may be linked by several repositories, and some of them lack the link.
 */
export function makeNamedBy(
  get: RegistryStorage['get'],
  linksOf: (digest: string) => readonly string[] = () => [],
) {
  /** `undefined`: it is not there, or too large to be what it should be. One such object must not hide all others. */
  async function read(key: string, limit: number): Promise<Buffer | undefined> {
    try {
      return await get(key, limit)
    } catch (error) {
      if (error instanceof ObjectTooLarge) return undefined
      throw error
    }
  }

  /** Content is stored by its SHA-256. What was uploaded by another digest has a link that holds the SHA-256. */
  async function storedBy(digest: string, link: string): Promise<string | undefined> {
    if (digest.startsWith('sha256:')) return digest
    let other: string | undefined
    for (const one of [link, ...linksOf(digest)]) {
      const stored = (await read(one, LINK_LIMIT))?.toString()
      if (stored === undefined || !isDigest(stored)) continue
      if (stored.startsWith('sha256:')) return stored
      // A mount writes the digest by which it was asked for.
      other = stored
    }
    return other
  }

  return async (digest: string, repository: string): Promise<Named> => {
    const stored = await storedBy(digest, revisionKey(repository, digest))
    const found = stored && namedIn(await read(blobKey(stored), MANIFEST_LIMIT))
    if (!stored || !found) return { manifest: stored ?? digest, named: undefined }
    const named = await pMap(found, async ({ digest, foreign, isChild }) => {
      const link = isChild ? revisionKey(repository, digest) : layerLink(repository, digest)
      const one = await storedBy(digest, link)
      return one === undefined ? pMapSkip : { digest: one, isChild, ...(foreign && { foreign }) }
    })
    return { manifest: stored, named }
  }
}

function namedIn(bytes: Buffer | undefined): (Descriptor & { isChild: boolean })[] | undefined {
  if (bytes === undefined) return undefined
  try {
    const { config, layers, children } = parseStoredManifest(bytes)
    const blobs = [...(config ? [config] : []), ...layers]
    return [
      ...blobs.map((blob) => ({ ...blob, isChild: false })),
      ...children.map((child) => ({ ...child, isChild: true })),
    ]
  } catch (error) {
    if (error instanceof InvalidManifest) return undefined
    throw error
  }
}

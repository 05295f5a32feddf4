import { inOrder } from '../platform/in-order.ts'
import { hashesTo, isDigest } from '../registry/digest.ts'
import { parseStoredManifest, SCHEMA_1_SIGNED } from '../registry/manifest.ts'
import { isTag } from '../registry/name.ts'
import { digestedBytes } from '../registry/schema1.ts'
import type { StoreView } from '../store/folder-view.ts'
import type { ObjectInfo } from '../store/object-store.ts'
import { manifestReading } from './read-manifest.ts'
import type { ManifestReading, RepositoryReading, Unreadable } from './reading.ts'
import { blobKey, CURRENT_LINK, LINK, layersOf, linkedDigest, revisionsOf, tagsOf } from './storage-layout.ts'

/** Objects of one repository that are read at a time, besides the one that is waited for. */
const AHEAD = 15

interface Link {
  digest: string
  /** epoch µs */
  modifiedAt: number
}

/**
 * What one repository holds, read out of its keys; empty where there are none. Tags are read before manifests, and those
 * before layers, the other way round than a push writes them: what a tag names and a manifest is made of has been
 * written by then.
 * @throws whatever the store throws while it lists
 */
export async function readRepository(store: StoreView, repository: string): Promise<RepositoryReading> {
  const unreadable: Unreadable[] = []
  const sizeOf = async (digest: string) => (await store.head(blobKey(digest)))?.size

  async function readTag({ key, modifiedAt }: ObjectInfo): Promise<({ tag: string } & Link) | undefined> {
    const tag = key.slice(tagsOf(repository).length, -CURRENT_LINK.length - 1)
    if (!isTag(tag)) return undefined
    const give = (reason: string) => void unreadable.push({ tag, reason })
    try {
      const digest = (await store.get(key))?.toString()
      if (digest === undefined) return undefined
      if (isDigest(digest)) return { tag, digest, modifiedAt: epochMicros(modifiedAt) }
      give(`its link holds ${JSON.stringify(digest.slice(0, 80))} and no digest`)
    } catch (error) {
      give(`its link: ${String(error)}`)
    }
    return undefined
  }

  async function readManifest({ digest, modifiedAt }: Link): Promise<ManifestReading | undefined> {
    try {
      const bytes = await store.get(blobKey(digest))
      if (bytes === undefined) throw new Error('its content is not in the storage')
      // Stored without its signatures, as its digest covers it, or as it was pushed.
      if (!hashesTo(bytes, digest) && !hashesTo(digestedBytes(bytes, SCHEMA_1_SIGNED), digest))
        throw new Error(`its content, ${bytes.length} bytes, does not hash to it`)
      return await manifestReading(
        parseStoredManifest(bytes),
        { digest, size: bytes.length, modifiedAt },
        sizeOf,
      )
    } catch (error) {
      unreadable.push({ digest, reason: error instanceof Error ? error.message : String(error) })
      return undefined
    }
  }

  const tags = await present(inOrder(store.inFolders(tagsOf(repository), CURRENT_LINK), AHEAD, readTag))
  const revisions = await linksIn(store, revisionsOf(repository))
  const layers = await linksIn(store, layersOf(repository))

  const manifests = await present(inOrder(revisions, AHEAD, readManifest))
  const there = new Set(revisions.map(({ digest }) => digest))
  const referenced = new Map<string, number>()
  for (const { references } of manifests)
    for (const { kind, digest, size } of references) if (kind === 'blob') referenced.set(digest, size)
  // Garbage collection in 2.8 leaves the links of the layers that it deletes.
  const links = await present(
    inOrder(layers, AHEAD, async ({ digest, modifiedAt }) => {
      const size = referenced.get(digest) ?? (await sizeOf(digest))
      return size === undefined ? undefined : { digest, size, modifiedAt }
    }),
  )
  // The registry answers 404 for a tag whose digest is no manifest of the repository.
  return { repository, manifests, unreadable, tags: tags.filter(({ digest }) => there.has(digest)), links }
}

/** What is linked in `path`, which has a folder for each algorithm. */
async function linksIn(store: StoreView, path: string): Promise<Link[]> {
  const links: Link[] = []
  for (const algorithm of await store.folders(path))
    for await (const { key, modifiedAt } of store.inFolders(path + algorithm, LINK)) {
      const digest = linkedDigest(key)
      if (digest !== undefined) links.push({ digest, modifiedAt: epochMicros(modifiedAt) })
    }
  return links
}

const epochMicros = (time: Date): number => Math.floor(time.getTime()) * 1000

async function present<T>(items: AsyncIterable<T | undefined>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) if (item !== undefined) found.push(item)
  return found
}

import { setImmediate as nextTurn } from 'node:timers/promises'
import pMap, { pMapSkip } from 'p-map'
import { type Damage, damageOf, type Fault } from '../integrity/damage.ts'
import { hashesTo, isDigest } from '../registry/digest.ts'
import { MANIFEST_LIMIT, parseStoredManifest, SCHEMA_1_SIGNED } from '../registry/manifest.ts'
import { isTag } from '../registry/name.ts'
import { digestedBytes } from '../registry/schema1.ts'
import {
  blobKey,
  CURRENT_LINK,
  LINK,
  layerLink,
  layersOf,
  linkedDigest,
  revisionKey,
  revisionsOf,
  tagsOf,
} from '../storage/layout.ts'
import type { StoreView } from '../store/folder-view.ts'
import type { ObjectInfo } from '../store/object-store.ts'
import { type Age, isBelievableBuildTime } from '../usage/age.ts'
import { ABSENT, believableSize } from '../usage/fact.ts'
import { manifestReading } from './read-manifest.ts'
import type { ManifestReading, RepositoryReading, Unreadable } from './reading.ts'

/** Objects of one repository that are read at a time. */
const OBJECTS = { concurrency: 16 }

/** Bytes of a manifest that is hashed and parsed in two turns of the event loop. */
const LARGE = 256 * 1024

/** Bytes of a link file that are read. The longest digest has 135. */
const LINK_LIMIT = 1024

/** Sizes of the blobs of a storage in bytes, by digest, as they were listed. */
export type BlobSizes = Pick<ReadonlyMap<string, number>, 'get'>

interface Link {
  digest: string
  /** epoch µs */
  modifiedAt: number
}

/**
 * Reads one repository from its keys. Without keys it is returned as an empty one. `blobs` may be older than the repository. A push writes layers, then the
 * manifest, then the tag. They are read in the reverse order, so that whatever a tag or a manifest names was written
 * before it is read.
 * @throws whatever the store throws while it lists
 */
export async function readRepository(
  store: StoreView,
  repository: string,
  blobs: BlobSizes,
): Promise<RepositoryReading> {
  const unreadable: Unreadable[] = []
  /** A blob that was pushed after the list was made is not in it. */
  const sizeOf = async (digest: string) => {
    const size = blobs.get(digest) ?? (await store.head(blobKey(digest)))?.size
    return size === undefined ? undefined : believableSize(size)
  }

  /** A blob that was uploaded by another digest than its SHA-256 has a link that names the SHA-256. */
  async function findBlob(digest: string) {
    const stored = isStoredName(digest)
      ? digest
      : (await store.get(layerLink(repository, digest), LINK_LIMIT))?.toString()
    if (stored === undefined || !isDigest(stored)) return undefined
    const size = await sizeOf(stored)
    return size === undefined ? undefined : { digest: stored, size }
  }

  async function readTag({ key, modifiedAt }: ObjectInfo) {
    const tag = key.slice(tagsOf(repository).length, -CURRENT_LINK.length - 1)
    if (!isTag(tag)) return pMapSkip
    try {
      const digest = (await store.get(key, LINK_LIMIT))?.toString()
      if (digest === undefined) return pMapSkip
      if (isDigest(digest)) return { tag, digest, ...writtenAt(epochMicros(modifiedAt)) }
      const content = JSON.stringify(digest.slice(0, 80))
      unreadable.push({ tag, reason: `its link file holds ${content}, which is not a digest` })
    } catch (error) {
      unreadable.push({ tag, reason: `its link file cannot be read: ${messageOf(error)}` })
    }
    return pMapSkip
  }

  async function readManifest({ digest, modifiedAt }: Link): Promise<ManifestReading | typeof pMapSkip> {
    try {
      const bytes = await store.get(blobKey(digest), MANIFEST_LIMIT)
      if (bytes === undefined) return damaged(digest, 'missing', 'its content is not in the storage')
      // A signed schema-1 manifest is stored either without its signatures, which the digest does not cover, or as pushed.
      if (!hashesTo(bytes, digest) && !hashesTo(digestedBytes(bytes, SCHEMA_1_SIGNED), digest))
        return damaged(
          digest,
          'corrupt',
          `its content (${bytes.length} bytes) does not hash to its digest`,
          bytes.length,
        )
      if (bytes.length > LARGE) await nextTurn() // To hash 4 MiB and to parse them takes two turns.
      const read = { digest, size: bytes.length, ...writtenAt(modifiedAt) }
      return await manifestReading(parseStoredManifest(bytes), read, findBlob)
    } catch (error) {
      unreadable.push({ digest, reason: messageOf(error) })
      return pMapSkip
    }
  }

  function damaged(digest: string, fault: Fault, reason: string, found?: number): typeof pMapSkip {
    const damage = {
      digest,
      part: 'manifest' as const,
      fault,
      size: 0,
      ...(found !== undefined && { found }),
    }
    unreadable.push({ digest, reason, damage })
    return pMapSkip
  }

  const tags = await pMap(store.inFolders(tagsOf(repository), CURRENT_LINK), readTag, OBJECTS)
  const revisions = await linksIn(store, revisionsOf(repository))
  const layers = await linksIn(store, layersOf(repository))
  const manifests = await pMap(revisions, readManifest, OBJECTS)

  const linked = new Set(layers.map(({ digest }) => digest))
  /** The registry gives a blob only where it is linked. It may have been linked after the links were read. */
  const isLinked = async (digest: string) =>
    linked.has(digest) || (await store.head(layerLink(repository, digest))) !== undefined

  /** What manifests name and is not in the storage. */
  const lost = new Set<string>()
  async function lookAt(manifest: ManifestReading): Promise<ManifestReading> {
    const damages: Damage[] = []
    for (const content of manifest.contents ?? []) {
      const size = await sizeOf(content.digest)
      const damage = damageOf(content, (await isLinked(content.digest)) ? size : undefined)
      if (damage !== undefined) damages.push(damage)
      if (size === undefined) lost.add(content.digest)
    }
    if (damages.length === 0) return { ...manifest, damages }
    // If the manifest was deleted meanwhile, its blobs may be collected.
    return (await store.head(revisionKey(repository, manifest.digest))) === undefined
      ? manifest
      : { ...manifest, damages }
  }
  const looked = await pMap(manifests, lookAt, OBJECTS)

  async function readLayer({ digest, modifiedAt }: Link) {
    if (!isStoredName(digest)) return pMapSkip // It has another link, by its SHA-256.
    if (lost.has(digest)) return { digest, size: ABSENT, modifiedAt }
    const size = await sizeOf(digest)
    // The garbage collection of 2.8 deletes layers and leaves their links.
    return size === undefined ? pMapSkip : { digest, size, modifiedAt }
  }
  const unlinked = [...lost].filter((digest) => !linked.has(digest))

  const revisionDigests = new Set(revisions.map(({ digest }) => digest))
  return {
    repository,
    manifests: looked,
    unreadable,
    // The registry answers 404 for a tag whose digest is not a manifest of the repository.
    tags: tags.filter(({ digest }) => revisionDigests.has(digest)),
    links: [
      ...(await pMap(layers, readLayer, OBJECTS)),
      ...unlinked.map((digest) => ({ digest, size: ABSENT, modifiedAt: 0 })),
    ],
    absent: [],
  }
}

/** The links in `path`, which has a folder for each digest algorithm. */
async function linksIn(store: StoreView, path: string): Promise<Link[]> {
  const links: Link[] = []
  for (const algorithm of await store.folders(path))
    for await (const { key, modifiedAt } of store.inFolders(path + algorithm, LINK)) {
      const digest = linkedDigest(key)
      if (digest !== undefined) links.push({ digest, modifiedAt: epochMicros(modifiedAt) })
    }
  return links
}

/** Blobs are stored by their SHA-256. */
const isStoredName = (digest: string): boolean => digest.startsWith('sha256:')

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** The age of what the storage wrote at `at`. Unpacked archives may have files of 1970 or 1980: these have none. */
const writtenAt = (at: number): { age?: Age } =>
  isBelievableBuildTime(at, at) ? { age: { source: 'storage', at } } : {}

const epochMicros = (time: Date): number => Math.floor(time.getTime()) * 1000

import pMap, { pMapSkip } from 'p-map'
import type { ManifestChecks } from '../integrity/blob-checks.ts'
import { type Damage, damageOf } from '../integrity/damage.ts'
import type { RegistryClient } from '../registry/client.ts'
import { parseManifest } from '../registry/manifest.ts'
import { InvalidManifest, RegistryError } from '../registry/registry-error.ts'
import { ABSENT, believableSize } from '../usage/fact.ts'
import type { AgeReader, Looked } from './ages.ts'
import { buildOf } from './build-ages.ts'
import { manifestReading } from './read-manifest.ts'
import type { ExpectedRepository, ManifestReading, RepositoryReading, Unreadable } from './reading.ts'

/** Requests at a time for one repository. */
const REQUESTS = { concurrency: 4 }

/**
 * Reads one repository: its tags, the manifests on them, the children and subjects of these, and the manifests that are
 * `expected` and still exist. A repository that the registry does not have is returned as an empty one. A manifest of which
 * the index has everything is not fetched: a HEAD tells that it still exists, and none is needed if a tag's HEAD has told. It may
 * be fetched for its age (ages.ts).
 * @throws RegistryError if its tags cannot be listed or the registry cannot be reached
 */
export async function readRepository(options: {
  client: RegistryClient
  repository: string
  expected: ExpectedRepository | undefined
  /** How many unreferenced blobs to ask for at most. */
  mostBlobs: number
  ages: AgeReader
  checks: ManifestChecks
  /** epoch µs */
  now: number
}): Promise<RepositoryReading> {
  const { client, repository, expected } = options
  const unreadable: Unreadable[] = []
  const manifests = new Map<string, ManifestReading>()
  const requested = new Set<string>()
  /** The manifests of which the index has everything. */
  const complete = new Map<string, ManifestReading>()
  /** The sizes (bytes) of the manifests on tags. */
  const tagged = new Map<string, number>()
  const looked: Looked = { builds: new Map(), known: new Map() }

  async function readTag(tag: string) {
    try {
      const found = await client.headManifest(repository, tag)
      if (found === undefined) return pMapSkip
      tagged.set(found.digest, found.size)
      return { tag, digest: found.digest }
    } catch (error) {
      unreadable.push({ tag, reason: reasonOf(error) })
      return pMapSkip
    }
  }

  async function readManifest(digest: string): Promise<ManifestReading | typeof pMapSkip> {
    try {
      const known = complete.get(digest)
      if (known !== undefined) {
        const size = tagged.get(digest) ?? (await client.headManifest(repository, digest))?.size
        return size === undefined ? pMapSkip : { ...known, size }
      }
      const found = await client.getManifest(repository, digest)
      if (found === undefined) return pMapSkip
      const manifest = parseManifest(found.bytes, found.descriptor.mediaType)
      looked.builds.set(digest, buildOf(manifest, options.now))
      const read = { digest, size: found.bytes.length }
      return await manifestReading(manifest, read, (blob) => client.headBlob(repository, blob))
    } catch (error) {
      unreadable.push({ digest, reason: reasonOf(error) })
      return pMapSkip
    }
  }

  /** Whether a blob is gone. A registry that refuses to say keeps it. */
  async function isAbsent(digest: string): Promise<boolean> {
    try {
      return (await client.headBlob(repository, digest)) === undefined
    } catch (error) {
      reasonOf(error)
      return false
    }
  }

  /** Reads these manifests and those that they name, each once. */
  async function readManifests(digests: Iterable<string>): Promise<void> {
    const unread = [...new Set(digests)].filter((digest) => !requested.has(digest))
    if (unread.length === 0) return
    for (const digest of unread) requested.add(digest)
    const found = await pMap(unread, readManifest, REQUESTS)
    for (const manifest of found) manifests.set(manifest.digest, manifest)
    const named = found.flatMap(({ references = [] }) => references).filter(({ kind }) => kind !== 'blob')
    await readManifests(named.map(({ digest }) => digest))
  }

  const sizes = new Map<string, Promise<number | undefined | null>>()
  /** The size of a blob: `undefined` if it is gone, `null` if the registry refuses to say, or says no size. */
  function sizeOf(content: { digest: string; size: number }): Promise<number | undefined | null> {
    const asked = sizes.get(content.digest) ?? askSize(content)
    sizes.set(content.digest, asked)
    return asked
  }
  async function askSize(content: { digest: string; size: number }): Promise<number | undefined | null> {
    const { digest } = content
    try {
      await options.checks.pace()
      const found = await client.headBlob(repository, digest)
      if (found?.size === undefined) return found === undefined ? undefined : null
      if (content.size === 0 || found.size === content.size) return found.size
      // What a proxy makes of an answer without a body may tell another length. Clients get the one of a GET.
      return (await client.blobSize(repository, digest)) ?? found.size
    } catch (error) {
      reasonOf(error)
      return null
    }
  }

  /** Asks for the blobs of a manifest. One of which the index has everything is read first: the index has no whole digests. */
  async function lookAt(manifest: ManifestReading): Promise<ManifestReading> {
    const { digest } = manifest
    if (!options.checks.takes({ repository, digest })) return manifest
    const read = manifest.contents === undefined ? await readContents(manifest) : manifest
    if (read.contents === undefined) return manifest
    options.checks.spend({ repository, digest }, read.contents.length)
    const damages: Damage[] = []
    for (const content of read.contents) {
      const size = await sizeOf(content)
      if (size === null) return read
      const damage = damageOf(content, size)
      if (damage !== undefined) damages.push(damage)
    }
    // If it was deleted meanwhile, its blobs may be collected.
    if (damages.length > 0 && (await client.headManifest(repository, digest)) === undefined) return read
    return { ...read, damages }
  }

  async function readContents(manifest: ManifestReading): Promise<ManifestReading> {
    complete.delete(manifest.digest)
    const read = await readManifest(manifest.digest)
    return read === pMapSkip ? manifest : { ...manifest, ...read }
  }

  const inIndex = (await expected?.contents()) ?? { manifests: [], unreferenced: [] }
  for (const { isComplete, age, digest, size, mediaType } of inIndex.manifests) {
    if (isComplete) complete.set(digest, { digest, size, mediaType, references: undefined })
    looked.known.set(digest, age)
  }
  const tags = await pMap(await Array.fromAsync(client.tags(repository)), readTag, REQUESTS)
  await readManifests(tagged.keys())
  await readManifests(inIndex.manifests.map(({ digest }) => digest))

  const blobs = someOf(inIndex.unreferenced, options.mostBlobs)
  const absent = await pMap(blobs, async (digest) => ((await isAbsent(digest)) ? digest : pMapSkip), REQUESTS)

  const inOrder = [...manifests.values()].sort((a, b) => (a.digest < b.digest ? -1 : 1))
  for (const manifest of await pMap(inOrder, lookAt, REQUESTS)) manifests.set(manifest.digest, manifest)
  const measured = await Array.fromAsync(sizes, async ([digest, asked]) => ({ digest, size: await asked }))

  const existing = new Set(manifests.keys())
  for (const one of unreadable) if ('digest' in one) existing.add(one.digest)
  const reading: RepositoryReading = {
    repository,
    manifests: [...manifests.values()],
    unreadable,
    // A tag whose manifest was deleted between the two requests is gone too.
    tags: tags.filter(({ digest }) => existing.has(digest)),
    links: undefined,
    absent,
    measured: measuredOf([...manifests.values()], measured),
  }
  return options.ages.withAges(reading, looked, REQUESTS)
}

/** At most so many of the items. The first is chosen at random, so that each has its turn in the end. */
function someOf<T>(items: T[], most: number): T[] {
  const first = Math.floor(Math.random() * items.length)
  return [...items.slice(first), ...items.slice(0, first)].slice(0, most)
}

/** Why the registry refuses one manifest. A failed connection is not about the manifest: it is thrown. */
function reasonOf(error: unknown): string {
  if (error instanceof InvalidManifest) return error.message
  if (!(error instanceof RegistryError)) throw error
  if (error.status === undefined && error.codes.length > 0) throw error
  return error.message
}

/** What the index is to know: sizes of blobs that are damaged, and of those that it may have as damaged. */
function measuredOf(
  manifests: readonly ManifestReading[],
  asked: readonly { digest: string; size: number | undefined | null }[],
): NonNullable<RepositoryReading['measured']> {
  const damaged = new Set(manifests.flatMap(({ damages = [] }) => damages.map(({ digest }) => digest)))
  return asked.flatMap(({ digest, size }) => {
    if (size === null) return []
    if (size === undefined) return damaged.has(digest) ? [{ digest, size: ABSENT, isDamaged: true }] : []
    return [{ digest, size: believableSize(size), isDamaged: damaged.has(digest) }]
  })
}

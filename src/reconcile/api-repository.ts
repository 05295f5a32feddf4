import { inOrder } from '../platform/in-order.ts'
import type { Limit } from '../platform/limit.ts'
import type { RegistryClient } from '../registry/client.ts'
import { parseManifest } from '../registry/manifest.ts'
import { InvalidManifest, RegistryError } from '../registry/registry-error.ts'
import { manifestReading } from './read-manifest.ts'
import type { KnownRepository, ManifestReading, RepositoryReading, Unreadable } from './reading.ts'

/** Manifests of one repository that are asked for at a time, besides the one that is waited for. */
const AHEAD = 7

/**
 * What one repository holds: its tags, each distinct manifest on them, what those list and are about, and whatever else
 * is `known` of it and still there. Empty for a repository that is unknown to the registry.
 * @throws RegistryError where its tags cannot be listed, or the registry cannot be reached
 */
export async function readRepository(options: {
  client: RegistryClient
  limit: Limit
  repository: string
  known: KnownRepository | undefined
}): Promise<RepositoryReading> {
  const { client, limit, repository, known } = options
  const unreadable: Unreadable[] = []
  const manifests = new Map<string, ManifestReading>()
  const asked = new Set<string>()

  async function digestOf(tag: string) {
    try {
      const found = await limit(() => client.headManifest(repository, tag))
      return found && { tag, digest: found.digest, modifiedAt: 0 }
    } catch (error) {
      unreadable.push({ tag, reason: refusal(error) })
      return undefined
    }
  }

  async function readManifest(digest: string): Promise<ManifestReading | undefined> {
    try {
      const found = await limit(() => client.getManifest(repository, digest))
      if (found === undefined) return undefined
      const manifest = parseManifest(found.bytes, found.descriptor.mediaType)
      const read = { digest, size: found.bytes.length, modifiedAt: 0 }
      return await manifestReading(manifest, read, (blob) => limit(() => client.headBlob(repository, blob)))
    } catch (error) {
      unreadable.push({ digest, reason: refusal(error) })
      return undefined
    }
  }

  /** Reads the manifests of these digests that were not asked for yet, and those that they name in turn. */
  async function follow(digests: Iterable<string>): Promise<void> {
    const fresh = [...new Set(digests)].filter((digest) => !asked.has(digest))
    if (fresh.length === 0) return
    const named: string[] = []
    for (const digest of fresh) asked.add(digest)
    for await (const manifest of inOrder(fresh, AHEAD, readManifest)) {
      if (manifest === undefined) continue
      manifests.set(manifest.digest, manifest)
      for (const { kind, digest } of manifest.references) if (kind !== 'blob') named.push(digest)
    }
    await follow(named)
  }

  const names = await limit(() => Array.fromAsync(client.tags(repository)))
  const tags: RepositoryReading['tags'] = []
  for await (const tag of inOrder(names, AHEAD, digestOf)) if (tag !== undefined) tags.push(tag)
  await follow(tags.map(({ digest }) => digest))
  await follow((await known?.digests()) ?? [])

  const there = new Set([
    ...manifests.keys(),
    ...unreadable.map((one) => ('digest' in one ? one.digest : '')),
  ])
  return {
    ...{ repository, unreadable, links: undefined },
    manifests: [...manifests.values()],
    // A tag whose manifest went between the two requests went with it.
    tags: tags.filter(({ digest }) => there.has(digest)),
  }
}

/** What the registry has against one manifest. A connection that fails says nothing of it, and is thrown. */
function refusal(error: unknown): string {
  if (error instanceof InvalidManifest) return error.message
  if (!(error instanceof RegistryError)) throw error
  if (error.status === undefined && error.codes.length > 0) throw error
  return error.message
}

import { digestKey } from '../usage/codec.ts'
import { type Fact, type ManifestPresence, PULL_GRACE_US } from '../usage/fact.ts'
import { type Drift, NO_DRIFT } from './drift.ts'
import { type IndexedRepository, statedSizes, tagged } from './indexed-repository.ts'
import type { ManifestReading, RepositoryReading } from './reading.ts'

/**
 * What makes the index say of a repository what was read there, and how it differed. `readAt` (epoch µs) is the moment
 * that the reading speaks for: what the index heard of later is newer, wins, and is no drift. What was not readable is
 * left as it is.
 */
export function compare(
  reading: RepositoryReading,
  indexed: IndexedRepository,
  readAt: number,
): { facts: Fact[]; drift: Drift } {
  const { repository } = reading
  const drift = { ...NO_DRIFT }
  const facts: Fact[] = []
  const unreadable = new Set(reading.unreadable.flatMap((u) => ('digest' in u ? [digestKey(u.digest)] : [])))
  const unreadableTags = new Set(reading.unreadable.flatMap((u) => ('tag' in u ? [u.tag] : [])))
  const readManifests = new Map(reading.manifests.map((manifest) => [digestKey(manifest.digest), manifest]))

  /** When something may have begun to be there: as its storage says, unless the index knows it to have gone since. */
  const since = (modifiedAt: number, goneAt: number) => {
    const at = modifiedAt > 0 ? Math.min(modifiedAt, readAt) : readAt
    return at > goneAt ? at : readAt
  }
  const presence = (manifest: ManifestReading, at: number): ManifestPresence => {
    const { digest, size, mediaType } = manifest
    return { kind: 'present', via: 'push', repository, at, digest, size, mediaType }
  }

  /** Blobs whose link goes without saying, for a manifest is placed that references them, and as of when. */
  const implied = new Map<string, number>()
  const stated = statedSizes(reading.manifests.flatMap(({ references }) => references))

  for (const [key, manifest] of readManifests) {
    const all = { references: manifest.references, extent: 'all' as const }
    const known = indexed.manifests.get(key)
    const deletedAt = indexed.deletedAt(key)
    if (known === undefined && deletedAt < readAt) {
      drift.manifestsMissed++
      const at = since(manifest.modifiedAt, deletedAt)
      facts.push({ ...presence(manifest, at), ...all })
      for (const { kind, digest } of manifest.references)
        if (kind === 'blob') implied.set(digestKey(digest), Math.max(at, implied.get(digestKey(digest)) ?? 0))
    }
    if (known !== undefined && (known.references !== 'all' || known.size === 0)) {
      if (known.references === 'unknown') drift.referencesMissed++
      for (const seen of known.seen.slice(0, 1)) facts.push({ ...presence(manifest, 0), ...seen, ...all })
    }
  }

  for (const { tag, digest, modifiedAt } of reading.tags) {
    const key = digestKey(digest)
    const manifest = readManifests.get(key)
    const before = tagged(indexed, tag)
    const last = indexed.tags.get(tag)
    const lastAt = last === undefined || last.isHint ? 0 : last.at
    // What only a pull hinted at is said again, for a reading is more.
    if (manifest === undefined || lastAt >= readAt || (before === key && last?.isHint === false)) continue
    if (before !== key && indexed.deletedAt(key) < readAt) {
      if (before === undefined) drift.tagsMissed++
      else drift.tagsMoved++
    }
    facts.push({ ...presence(manifest, since(modifiedAt, Math.max(lastAt, indexed.deletedAt(key)))), tag })
  }

  const isNewer = (seen: { via: string; at: number }[]) =>
    seen.some(({ via, at }) => at > readAt + (via === 'pull' ? PULL_GRACE_US : 0))
  const gone = new Set<string>()
  for (const [key, { digest, seen }] of indexed.manifests) {
    if (readManifests.has(key) || unreadable.has(key) || isNewer(seen)) continue
    gone.add(key)
    drift.manifestsGone++
    facts.push({ kind: 'delete', repository, at: readAt, digest })
  }

  const readTags = new Set(reading.tags.map(({ tag }) => tag))
  for (const [tag, { at }] of indexed.tags) {
    const key = tagged(indexed, tag)
    if (key === undefined || readTags.has(tag) || at >= readAt) continue
    if (gone.has(key) || unreadable.has(key) || unreadableTags.has(tag)) continue
    drift.tagsGone++
    facts.push({ kind: 'untag', repository, at: readAt, tag })
  }

  if (reading.links !== undefined) {
    const readLinks = new Set(reading.links.map(({ digest }) => digestKey(digest)))
    for (const { digest, size, modifiedAt } of reading.links) {
      const key = digestKey(digest)
      const deletedAt = indexed.deletedAt(key)
      if (deletedAt >= readAt) continue
      const isStated = stated.get(key) === size && (indexed.stated.get(key) ?? size) === size
      const indexedLink = indexed.links.get(key)
      if (indexedLink !== undefined) {
        const isRight = indexedLink.size === size || (indexedLink.size === 0 && isStated)
        // Dated as the reading, so that it is later than what told another size.
        if (!isRight) facts.push({ kind: 'link', repository, digest, size, at: readAt })
        continue
      }
      const at = since(modifiedAt, deletedAt)
      const impliedAt = implied.get(key) ?? 0
      const isImplied = impliedAt >= at && impliedAt > deletedAt
      if (!isImplied) drift.linksMissed++
      if (!isImplied || !isStated) facts.push({ kind: 'link', repository, digest, size, at })
    }
    for (const [key, { at }] of indexed.links) {
      // A delete is of any content with this digest: it must not take a manifest with it.
      if (readLinks.has(key) || at >= readAt || readManifests.has(key) || unreadable.has(key)) continue
      drift.linksGone++
      facts.push({ kind: 'delete', repository, at: readAt, digest: `key:${key}` })
    }
  }

  const isEmpty = reading.tags.length + reading.manifests.length + unreadable.size + unreadableTags.size === 0
  if (indexed.manifests.size === 0 && drift.manifestsMissed > 0) drift.repositoriesMissed = 1
  if (isEmpty && indexed.manifests.size > 0 && drift.manifestsGone === indexed.manifests.size)
    drift.repositoriesLost = 1
  return { facts, drift }
}

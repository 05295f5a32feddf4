import { digestKey } from '../usage/digest-key.ts'
import { ABSENT } from '../usage/fact.ts'
import type { Comparison } from './comparison.ts'
import type { LinkReading } from './reading.ts'

/** Adds the links that the index lacks, and corrects the sizes of blobs that differ from what was read. */
export function addLinks(comparison: Comparison, links: readonly LinkReading[]): void {
  const { reading, indexed, readAt, facts, drift } = comparison
  const { repository } = reading
  for (const { digest, size, modifiedAt } of links) {
    const key = digestKey(digest)
    const deletedAt = indexed.deletedAt(key)
    if (deletedAt >= readAt) continue
    const before = indexed.links.get(key)
    if (size === ABSENT && before?.size !== ABSENT) {
      facts.push({ kind: 'link', repository, digest, size, at: readAt })
    } else if (before === undefined) {
      drift.linksMissed++
      facts.push({ kind: 'link', repository, digest, size, at: existsSince(modifiedAt, deletedAt, readAt) })
    } else if (before.size !== size) {
      // At the time of the reading, so that it replaces a wrong size that was told before.
      facts.push({ kind: 'link', repository, digest, size, at: readAt })
    }
  }
}

/** Corrects the sizes of blobs that manifests name, where no links were read. */
export function addMeasured({ reading, indexed, readAt, facts }: Comparison): void {
  for (const { digest, size, isDamaged } of reading.measured ?? []) {
    const key = digestKey(digest)
    const before = indexed.links.get(key)
    if (indexed.deletedAt(key) >= readAt || before?.size === size) continue
    if (!isDamaged && (before === undefined || before.size === 0)) continue
    facts.push({ kind: 'link', repository: reading.repository, digest, size, at: readAt })
  }
}

/** Removes the links that the registry no longer has. */
export function removeLinks(comparison: Comparison, links: readonly LinkReading[]): void {
  const readKeys = new Set(links.map(({ digest }) => digestKey(digest)))
  const keys = [...comparison.indexed.links.keys()]
  removeBlobs(
    comparison,
    keys.filter((key) => !readKeys.has(key)),
  )
}

/** Removes the links of these blobs, by digest key, unless the index has a later one. */
export function removeBlobs(comparison: Comparison, keys: readonly string[]): void {
  const { reading, indexed, readAt, manifests, unreadableKeys, facts, drift } = comparison
  for (const key of keys) {
    const { at = readAt } = indexed.links.get(key) ?? {}
    if (at >= readAt) continue
    // A delete fact is about any content with this digest. It must not remove a manifest.
    if (manifests.has(key) || unreadableKeys.has(key)) continue
    drift.linksGone++
    facts.push({ kind: 'delete', repository: reading.repository, at: readAt, digest: `key:${key}` })
  }
}

/**
 * Since when something exists: since the storage wrote it, and at the latest since `readAt`. If the index has a deletion
 * that is newer than the storage's time, then since `readAt`.
 */
function existsSince(modifiedAt: number, deletedAt: number, readAt: number): number {
  const at = modifiedAt > 0 ? Math.min(modifiedAt, readAt) : readAt
  return at > deletedAt ? at : readAt
}

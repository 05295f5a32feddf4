import { type Age, isBetterAge } from '../usage/age.ts'
import { digestKey } from '../usage/digest-key.ts'
import { type Fact, type ManifestPresence, PULL_GRACE_US } from '../usage/fact.ts'
import { type Drift, NO_DRIFT } from './drift.ts'
import { type Loss, NO_LOSS } from './hold.ts'
import { type IndexedRepository, keyOfTag } from './indexed-repository.ts'
import type { ManifestReading, RepositoryReading } from './reading.ts'

interface Comparison {
  reading: RepositoryReading
  indexed: IndexedRepository
  /** epoch µs */
  readAt: number
  /** The manifests that were read, by digest key. */
  manifests: Map<string, ManifestReading>
  unreadableKeys: Set<string>
  unreadableTags: Set<string>
  facts: Fact[]
  drift: Drift
  loss: Loss
}

/**
 * Compares what was read of a repository with what the index has of it. Returns the facts that make the index agree,
 * how the two differed, and how much of the index is missing. The reading is true as of `readAt` (epoch µs). What the index has learnt from later events stays
 * and is no drift. What could not be read stays as it is.
 */
export function compare(
  reading: RepositoryReading,
  indexed: IndexedRepository,
  readAt: number,
): Pick<Comparison, 'facts' | 'drift' | 'loss'> {
  const { unreadable } = reading
  const comparison: Comparison = {
    reading,
    indexed,
    readAt,
    manifests: new Map(reading.manifests.map((manifest) => [digestKey(manifest.digest), manifest])),
    unreadableKeys: new Set(unreadable.flatMap((one) => ('digest' in one ? [digestKey(one.digest)] : []))),
    unreadableTags: new Set(unreadable.flatMap((one) => ('tag' in one ? [one.tag] : []))),
    facts: [],
    drift: { ...NO_DRIFT },
    loss: { ...NO_LOSS },
  }
  addManifests(comparison)
  addTags(comparison)
  const removedKeys = removeManifests(comparison)
  removeTags(comparison, removedKeys)
  if (reading.links !== undefined) {
    addLinks(comparison, reading.links)
    removeLinks(comparison, reading.links)
  }
  removeBlobs(
    comparison,
    reading.absent.map((digest) => digestKey(digest)),
  )

  const { facts, drift, loss } = comparison
  const isEmpty = reading.tags.length + reading.manifests.length + unreadable.length === 0
  if (indexed.manifests.size === 0 && drift.manifestsMissed > 0) drift.repositoriesMissed = 1
  if (isEmpty && indexed.manifests.size > 0 && drift.manifestsGone === indexed.manifests.size)
    drift.repositoriesLost = 1
  return { facts, drift, loss }
}

/**
 * Adds the manifests that the index lacks, and their references. Corrects references that were not read, and wrong sizes, and
 * adds ages from better sources.
 */
function addManifests(comparison: Comparison): void {
  const { reading, indexed, readAt, manifests, facts, drift } = comparison
  for (const [key, manifest] of manifests) {
    const told = manifest.references && { references: manifest.references, extent: 'read' as const }
    const before = indexed.manifests.get(key)
    const deletedAt = indexed.deletedAt(key)
    if (before === undefined && deletedAt < readAt) {
      drift.manifestsMissed++
      facts.push({
        ...presence(reading, manifest, readAt),
        ...ageSince(manifest.age, deletedAt, readAt),
        ...told,
      })
    }
    if (before === undefined) continue
    const since = ageSince(manifest.age, deletedAt, readAt)
    if (isBetterAge(since.age, before.age) && deletedAt < readAt) {
      // At the time of the age that it replaces: since then the pulls of the image are heard.
      const at = before.evidence.find(({ age }) => age !== undefined && age.source !== 'event')?.at ?? readAt
      facts.push({ ...presence(reading, manifest, at), size: 0, ...since })
    }
    const isSizeWrong = manifest.size > 0 && before.size !== manifest.size
    if (!isSizeWrong && (told === undefined || before.extent === 'read')) continue
    if (told !== undefined && before.extent === 'unknown') drift.referencesMissed++
    // The latest size counts. One µs later is enough, and leaves the age as good as it was.
    const replaced = isSizeWrong && before.sized && { ...before.sized, at: before.sized.at + 1 }
    for (const evidence of replaced ? [replaced] : before.evidence.slice(0, 1))
      facts.push({ ...presence(reading, manifest, evidence.at), ...evidence, ...told })
  }
}

function addTags(comparison: Comparison): void {
  const { reading, indexed, readAt, manifests, facts, drift } = comparison
  for (const { tag, digest, age } of reading.tags) {
    const key = digestKey(digest)
    const manifest = manifests.get(key)
    const before = indexed.tags.get(tag)
    const keyBefore = keyOfTag(indexed, tag)
    const changedAt = before === undefined || before.isHint ? 0 : before.at
    if (manifest === undefined || changedAt >= readAt) continue
    const deletedAt = indexed.deletedAt(key)
    // A tag that only a pull hinted at is written again: a reading is stronger.
    const isKnown = keyBefore === key && before?.isHint === false
    const since = ageSince(age, Math.max(isKnown ? 0 : changedAt, deletedAt), readAt)
    if (isKnown && !isBetterAge(since.age, before.age)) continue
    if (keyBefore !== key && deletedAt < readAt) {
      if (keyBefore === undefined) drift.tagsMissed++
      else drift.tagsMoved++
    }
    facts.push({ ...presence(reading, manifest, isKnown ? before.at : readAt), tag, ...since })
  }
}

/** Removes the manifests that the registry no longer has. Returns their digest keys. */
function removeManifests(comparison: Comparison): Set<string> {
  const { reading, indexed, readAt, manifests, unreadableKeys, facts, drift, loss } = comparison
  const removedKeys = new Set<string>()
  for (const [key, { digest, evidence, extent }] of indexed.manifests) {
    const isNewer = evidence.some(({ via, at }) => at > readAt + (via === 'pull' ? PULL_GRACE_US : 0))
    const isFound = manifests.has(key)
    if (isFound) loss.found++
    if (isFound || unreadableKeys.has(key) || isNewer) continue
    removedKeys.add(key)
    drift.manifestsGone++
    loss.missing++
    if (extent === 'read') loss.confirmedMissing++
    facts.push({ kind: 'delete', repository: reading.repository, at: readAt, digest })
  }
  return removedKeys
}

/** Removes the tags that the registry no longer has, unless they go away with their manifest. */
function removeTags(comparison: Comparison, removedKeys: Set<string>): void {
  const { reading, indexed, readAt, manifests, unreadableKeys, unreadableTags, facts, drift, loss } =
    comparison
  const readTags = new Set(reading.tags.map(({ tag }) => tag))
  const [tagged, untagged] = [new Set<string>(), new Set<string>()]
  const stillTagged = new Set(reading.tags.map(({ digest }) => digestKey(digest)))
  for (const [tag, { at }] of indexed.tags) {
    const key = keyOfTag(indexed, tag)
    if (key === undefined || removedKeys.has(key) || unreadableKeys.has(key)) continue
    if (manifests.has(key)) tagged.add(key)
    if (readTags.has(tag) || unreadableTags.has(tag) || at >= readAt) {
      stillTagged.add(key)
      continue
    }
    untagged.add(key)
    drift.tagsGone++
    facts.push({ kind: 'untag', repository: reading.repository, at: readAt, tag })
  }
  loss.tagged = tagged.size
  loss.untagged = untagged.intersection(tagged).difference(stillTagged).size
}

type Links = NonNullable<RepositoryReading['links']>

/** Adds the links that the index lacks, and corrects the sizes of blobs that differ from what was read. */
function addLinks(comparison: Comparison, links: Links): void {
  const { reading, indexed, readAt, facts, drift } = comparison
  const { repository } = reading
  for (const { digest, size, modifiedAt } of links) {
    const key = digestKey(digest)
    const deletedAt = indexed.deletedAt(key)
    if (deletedAt >= readAt) continue
    const before = indexed.links.get(key)
    if (before === undefined) {
      drift.linksMissed++
      facts.push({ kind: 'link', repository, digest, size, at: existsSince(modifiedAt, deletedAt, readAt) })
    } else if (before.size !== size) {
      // At the time of the reading, so that it replaces a wrong size that was told before.
      facts.push({ kind: 'link', repository, digest, size, at: readAt })
    }
  }
}

function removeLinks(comparison: Comparison, links: Links): void {
  const readKeys = new Set(links.map(({ digest }) => digestKey(digest)))
  const keys = [...comparison.indexed.links.keys()]
  removeBlobs(
    comparison,
    keys.filter((key) => !readKeys.has(key)),
  )
}

/** Removes the links of these blobs, by digest key, unless the index has a later one. */
function removeBlobs(comparison: Comparison, keys: readonly string[]): void {
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

function presence(reading: RepositoryReading, manifest: ManifestReading, at: number): ManifestPresence {
  const { digest, size, mediaType } = manifest
  return { kind: 'present', via: 'push', repository: reading.repository, at, digest, size, mediaType }
}

/**
 * Since when a manifest exists or a tag names it, as the reader tells. If it does not, or tells a time that is not after the
 * last change that the index knows of, it was first seen at `readAt`.
 */
function ageSince(age: Age | undefined, changedAt: number, readAt: number): { age: Age } {
  if (age !== undefined && age.at > changedAt) return { age: { ...age, at: Math.min(age.at, readAt) } }
  // Its config was read, and is not to be read again.
  return { age: { at: readAt, source: age?.source === 'image' ? 'undated' : 'seen' } }
}

/**
 * Since when something exists: since the storage wrote it, and at the latest since `readAt`. If the index has a deletion
 * that is newer than the storage's time, then since `readAt`.
 */
function existsSince(modifiedAt: number, deletedAt: number, readAt: number): number {
  const at = modifiedAt > 0 ? Math.min(modifiedAt, readAt) : readAt
  return at > deletedAt ? at : readAt
}

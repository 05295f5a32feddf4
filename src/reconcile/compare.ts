import { isBetterAge } from '../usage/age.ts'
import { digestKey } from '../usage/digest-key.ts'
import { type ManifestPresence, PULL_GRACE_US } from '../usage/fact.ts'
import { addLinks, addMeasured, removeBlobs, removeLinks } from './compare-links.ts'
import type { Comparison, Times } from './comparison.ts'
import { NO_DRIFT } from './drift.ts'
import { foundAge, foundTagAge, replacesTagAge } from './found-age.ts'
import { NO_LOSS } from './hold.ts'
import { type IndexedRepository, keyOfTag } from './indexed-repository.ts'
import type { ManifestReading, RepositoryReading } from './reading.ts'

/**
 * Compares what a run read of a repository with what the index has of it. Returns the facts that make the index agree, how
 * the two differed, and how much of the index is missing. The reading is true as of `readAt`. What the index has learnt from
 * later events stays and is no drift. What could not be read stays as it is.
 */
export function compare(
  reading: RepositoryReading,
  indexed: IndexedRepository,
  { readAt, firstReadAt }: Times,
): Pick<Comparison, 'facts' | 'drift' | 'loss'> {
  const { unreadable } = reading
  const comparison: Comparison = {
    reading,
    indexed,
    readAt,
    firstReadAt,
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
  addMeasured(comparison)
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
    const changedAt = indexed.deletedAt(key)
    // A better age is written at the time of the one that it replaces: since then the pulls of the image are heard.
    const foundAt = before?.evidence.find(isFinding)?.at ?? readAt
    const age = foundAge(manifest.age, { foundAt, changedAt }, comparison)
    if (before === undefined && changedAt < readAt) {
      drift.manifestsMissed++
      facts.push({ ...presence(reading, manifest, readAt), age, ...told })
    }
    if (before === undefined) continue
    // Of an image that only pulls told of, it is written when a run found it first, though that is no better age.
    const isFound = before.age.source === 'event' || before.evidence.some(isFinding)
    if ((isBetterAge(age, before.age) || !isFound) && changedAt < readAt)
      facts.push({ ...presence(reading, manifest, foundAt), size: 0, age })
    const isSizeWrong = manifest.size > 0 && before.size !== manifest.size
    if (!isSizeWrong && (told === undefined || before.extent === 'read')) continue
    if (told !== undefined && before.extent === 'unknown') drift.referencesMissed++
    // The latest size counts. One µs later is enough, and leaves the age as good as it was.
    const replaced = isSizeWrong && before.sized && { ...before.sized, at: before.sized.at + 1 }
    for (const evidence of replaced ? [replaced] : before.evidence.slice(0, 1)) {
      const better = isFinding(evidence) && isBetterAge(age, before.age) ? { age } : {}
      facts.push({ ...presence(reading, manifest, evidence.at), ...evidence, ...better, ...told })
    }
  }
}

/** Whether it is a presence that tells an age. */
const isFinding = ({ age }: Pick<ManifestPresence, 'age'>): boolean =>
  age !== undefined && age.source !== 'event'

function addTags(comparison: Comparison): void {
  const { reading, indexed, readAt, manifests, facts, drift } = comparison
  for (const { tag, digest, age: told } of reading.tags) {
    const key = digestKey(digest)
    const manifest = manifests.get(key)
    const before = indexed.tags.get(tag)
    const keyBefore = keyOfTag(indexed, tag)
    const changedAt = before === undefined || before.isHint ? 0 : before.at
    if (manifest === undefined || changedAt >= readAt) continue
    const deletedAt = indexed.deletedAt(key)
    // A tag that only a pull hinted at is written again: a reading is stronger.
    const isKnown = keyBefore === key && before?.isHint === false
    const lastChangeAt = Math.max(isKnown ? 0 : changedAt, deletedAt)
    const age = foundTagAge(told, lastChangeAt, comparison)
    if (isKnown && !replacesTagAge(age, before.age)) continue
    if (keyBefore !== key && deletedAt < readAt) {
      if (keyBefore === undefined) drift.tagsMissed++
      else drift.tagsMoved++
    }
    // A tag that named something else has not the age of its image: it is written as later than the image was found.
    const isMoved = isKnown
      ? age.source === before.age.source
      : changedAt > 0 || (keyBefore !== undefined && keyBefore !== key)
    const at = isKnown && !isMoved ? before.at : readAt + (isMoved ? 1 : 0)
    facts.push({ ...presence(reading, manifest, at), tag, age })
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

function presence(reading: RepositoryReading, manifest: ManifestReading, at: number): ManifestPresence {
  const { digest, size, mediaType } = manifest
  return { kind: 'present', via: 'push', repository: reading.repository, at, digest, size, mediaType }
}

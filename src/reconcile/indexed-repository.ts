import { isDigest } from '../registry/digest.ts'
import { type Age, isBetterAge } from '../usage/age.ts'
import { digestKey } from '../usage/digest-key.ts'
import {
  ageOf,
  type Extent,
  type ManifestPresence,
  PULL_GRACE_US,
  type Reference,
  type StandingFact,
} from '../usage/fact.ts'
import type { ExpectedManifest } from './reading.ts'

/** What the index has of one repository, by digest key and by tag. Times are in epoch µs. */
export interface IndexedRepository {
  manifests: Map<string, IndexedManifest>
  /** All tags, by name. */
  tags: Map<string, IndexedTag>
  /** Linked blobs, and when they were linked. `size` is the measured size in bytes, 0 if it is not known. */
  links: Map<string, { at: number; size: number; digest: string }>
  /** The digest keys of the blobs that its manifests reference. */
  referenced: Set<string>
  /** When a digest was last deleted. 0 for never. */
  deletedAt: (key: string) => number
}

/** The last write of a tag. */
interface IndexedTag {
  at: number
  /** The digest key that the tag names. `undefined` for a deleted tag. */
  key: string | undefined
  isHint: boolean
  age: Age
}

/** What says that a manifest exists, and when. */
type Evidence = Pick<ManifestPresence, 'via' | 'at' | 'age'>

type LinkFact = Extract<StandingFact, { kind: 'link' }>

export interface IndexedManifest {
  digest: string
  size: number
  mediaType: string
  evidence: Evidence[]
  /** Which of these told its size. */
  sized: Evidence | undefined
  /** The best that is known. */
  age: Age
  extent: Extent | 'unknown'
  /** What it references. Of several lists that were told, the index gives the one that counts first. */
  references: readonly Reference[]
}

/** Builds a repository from the facts that the index gives about it. */
export function indexedRepository(facts: readonly StandingFact[]): IndexedRepository {
  const manifests: IndexedRepository['manifests'] = new Map()
  const tags: IndexedRepository['tags'] = new Map()
  const links: IndexedRepository['links'] = new Map()
  const deleted = new Map<string, number>()
  let droppedAt = 0
  for (const fact of facts) {
    if (fact.kind === 'untag') tags.set(fact.tag, { ...tagOf(fact), key: undefined })
    else if (fact.kind === 'link') addLink(links, fact)
    else if (fact.kind === 'delete') deleted.set(digestKey(fact.digest), fact.at)
    else if (fact.kind === 'drop') droppedAt = fact.at
    else if (fact.tag === undefined) addManifest(manifests, fact)
    else {
      const age = ageOf(fact) ?? seenAt(fact)
      tags.set(fact.tag, { ...tagOf(fact), isHint: fact.via === 'pull', age })
    }
  }
  const references = [...manifests.values()].flatMap((manifest) => manifest.references)
  const blobs = references.filter(({ kind }) => kind === 'blob')
  const referenced = new Set(blobs.map(({ digest }) => digestKey(digest)))
  const deletedAt = (key: string) => Math.max(droppedAt, deleted.get(key) ?? 0)
  return { manifests, tags, links, referenced, deletedAt }
}

const seenAt = ({ at }: { at: number }): Age => ({ at, source: 'seen' })

const tagOf = (fact: { at: number; digest?: string }): IndexedTag => ({
  at: fact.at,
  key: fact.digest && digestKey(fact.digest),
  isHint: false,
  age: seenAt(fact),
})

function addManifest(manifests: IndexedRepository['manifests'], fact: ManifestPresence): void {
  const { digest, size, mediaType, via, at } = fact
  const age = ageOf(fact) ?? seenAt(fact)
  const evidence: Evidence = { via, at, ...(fact.age && { age: fact.age }) }
  const key = digestKey(digest)
  const before = manifests.get(key)
  const { references, extent = 'contents' } = fact
  const isFirst = references !== undefined && (before === undefined || before.extent === 'unknown')
  manifests.set(key, {
    digest,
    // Of a manifest's facts, only the one that told the size has it.
    size: Math.max(size, before?.size ?? 0),
    sized: size > 0 ? evidence : before?.sized,
    age: before === undefined || isBetterAge(age, before.age) ? age : before.age,
    mediaType,
    evidence: [...(before?.evidence ?? []), evidence],
    extent: isFirst ? extent : (before?.extent ?? 'unknown'),
    references: isFirst ? references : (before?.references ?? []),
  })
}

/** What a reader that asks for each manifest needs to know of those that the index has. */
export const expectedManifests = ({ manifests }: IndexedRepository): ExpectedManifest[] =>
  [...manifests.values()].map(({ digest, size, mediaType, extent, references, age }) => {
    const named = references.filter(({ kind }) => kind !== 'blob')
    const isComplete =
      size > 0 && extent === 'read' && named.every((one) => manifests.has(digestKey(one.digest)))
    return { digest, size, mediaType, isComplete, age }
  })

/**
 * The digests of blobs linked before `before` (epoch µs) that no manifest of the repository references. A registry can only
 * be asked for whole digests: links of which the index has but a part of the digest are left out.
 */
export function unreferencedBlobs(
  { links, referenced, manifests }: IndexedRepository,
  before: number,
): string[] {
  const isUnreferenced = ([key, { at }]: [string, { at: number }]) =>
    at < before && !referenced.has(key) && !manifests.has(key)
  return [...links].filter(isUnreferenced).flatMap(([, { digest }]) => (isDigest(digest) ? [digest] : []))
}

/** A blob may have two link facts: one with a size, and a later one without. */
function addLink(links: IndexedRepository['links'], { digest, at, size }: LinkFact): void {
  const key = digestKey(digest)
  const before = links.get(key)
  links.set(key, { at: Math.max(at, before?.at ?? 0), size: Math.max(size, before?.size ?? 0), digest })
}

/** The digest key that a tag names now. `undefined` if the tag, or the manifest it named, was deleted. */
export function keyOfTag({ tags, manifests, deletedAt }: IndexedRepository, tag: string): string | undefined {
  const { key, at = 0, isHint } = tags.get(tag) ?? {}
  if (key === undefined || !manifests.has(key)) return undefined
  return at > deletedAt(key) + (isHint ? PULL_GRACE_US : 0) ? key : undefined
}

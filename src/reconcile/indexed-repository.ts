import { digestKey } from '../usage/codec.ts'
import {
  type Evidence,
  type ManifestPresence,
  PULL_GRACE_US,
  type Reference,
  type StandingFact,
} from '../usage/fact.ts'

/** What the index knows of one repository, by digest key and by tag; times in epoch µs. */
export interface IndexedRepository {
  /** The manifests there, with the facts that place them. */
  manifests: Map<string, IndexedManifest>
  /** Tags, deleted ones too: `key` is what a tag names, and `at` since when it does. */
  tags: Map<string, { at: number; key: string | undefined; isHint: boolean }>
  /** Linked blobs, and when they were linked. `size` is what links told, in bytes; 0 if none did. */
  links: Map<string, { at: number; size: number }>
  /** What the manifests there state of blobs. */
  stated: ReturnType<typeof statedSizes>
  /** When a digest was last deleted; 0 for never. */
  deletedAt: (key: string) => number
}

export interface IndexedManifest {
  digest: string
  size: number
  mediaType: string
  /** By what the manifest is known to be there, and when that was last seen. */
  seen: { via: Evidence; at: number }[]
  references: 'all' | 'contents' | 'unknown'
}

/** Reads a repository out of the facts that the index gives of it. */
export function indexedRepository(facts: readonly StandingFact[]): IndexedRepository {
  const manifests: IndexedRepository['manifests'] = new Map()
  const tags: IndexedRepository['tags'] = new Map()
  const links: IndexedRepository['links'] = new Map()
  const deleted = new Map<string, number>()
  let droppedAt = 0
  for (const fact of facts) {
    if (fact.kind === 'present' && fact.tag === undefined) place(manifests, fact)
    else if (fact.kind === 'present')
      tags.set(fact.tag ?? '', {
        ...{ at: fact.at, key: digestKey(fact.digest), isHint: fact.via === 'pull' },
      })
    else if (fact.kind === 'untag') tags.set(fact.tag, { at: fact.at, key: undefined, isHint: false })
    else if (fact.kind === 'link') {
      const { at, size } = links.get(digestKey(fact.digest)) ?? fact
      links.set(digestKey(fact.digest), { at: Math.max(at, fact.at), size: Math.max(size, fact.size) })
    } else if (fact.kind === 'delete') deleted.set(digestKey(fact.digest), fact.at)
    else if (fact.kind === 'drop') droppedAt = fact.at
  }
  const references = facts.flatMap((fact) => (fact.kind === 'present' ? (fact.references ?? []) : []))
  const stated = statedSizes(references)
  return { manifests, tags, links, stated, deletedAt: (key) => Math.max(droppedAt, deleted.get(key) ?? 0) }
}

function place(manifests: IndexedRepository['manifests'], fact: ManifestPresence): void {
  const { digest, size, mediaType, via, at } = fact
  const key = digestKey(digest)
  const before = manifests.get(key)
  const told = fact.references === undefined ? 'unknown' : (fact.extent ?? 'contents')
  manifests.set(key, {
    // Only the fact that told the size has it.
    ...{ digest, size: Math.max(size, before?.size ?? 0), mediaType },
    seen: [...(before?.seen ?? []), { via, at }],
    references: before === undefined || before.references === 'unknown' ? told : before.references,
  })
}

/** What a tag names now: nothing where it, or the manifest it named, was deleted. */
export function tagged({ tags, manifests, deletedAt }: IndexedRepository, tag: string): string | undefined {
  const { key, at, isHint } = tags.get(tag) ?? { key: undefined, at: 0, isHint: false }
  if (key === undefined || !manifests.has(key)) return undefined
  return at > deletedAt(key) + (isHint ? PULL_GRACE_US : 0) ? key : undefined
}

/** Key of a blob → the size that all references state, in bytes; -1 if they do not agree. */
export function statedSizes(references: readonly Reference[]): Map<string, number> {
  const sizes = new Map<string, number>()
  for (const { kind, digest, size } of references) {
    const key = digestKey(digest)
    if (kind === 'blob') sizes.set(key, (sizes.get(key) ?? size) === size ? size : -1)
  }
  return sizes
}

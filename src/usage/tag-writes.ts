import { type Age, rankOf } from './age.ts'
import { ageOf, type Evidence, type Fact, isSighting, keptActor, type Located, viaOf } from './fact.ts'

/** A tag was found to name a digest (a pull is only a hint of that), or deleted (`untag`); then `digest` is ''. */
export interface TagWrite extends Located {
  kind: 'untag' | Evidence
  tag: string
  /** Since when the tag names the digest. */
  age: Age
  /** Who pushed; '' if it is not known. */
  actor: string
}

/** The last write of each tag. */
export function lastTagWrites(facts: readonly Fact[]): TagWrite[] {
  const writes = new Map<string, TagWrite>()
  for (const fact of facts) {
    const write = tagWriteOf(fact)
    if (write === undefined) continue
    const key = `${write.repository}:${write.tag}`
    const before = writes.get(key)
    if (before === undefined || beats(write, before)) writes.set(key, write)
  }
  return [...writes.values()]
}

function tagWriteOf(fact: Fact): TagWrite | undefined {
  if (fact.kind === 'untag') return { ...fact, digest: '', actor: '', age: { at: fact.at, source: 'seen' } }
  if (!isSighting(fact) || fact.tag === undefined) return undefined
  const { repository, at, tag, digest } = fact
  const actor = fact.kind === 'pull' ? '' : keptActor(fact.actor)
  return { kind: viaOf(fact), repository, at, tag, digest, actor, age: ageOf(fact) ?? { at, source: 'seen' } }
}

/**
 * Whether one write of a tag wins over another: any other over a pull, then the later, then an untag, a push, the better
 * source of an age, then the greater digest, the earlier age, the greater actor (by its bytes). A pull is only a hint: a registry announces a push before it writes the tag
 * (docs/registries.md, Events), so a pull may still get the old digest.
 */
function beats(write: TagWrite, other: TagWrite): boolean {
  if ((write.kind === 'pull') !== (other.kind === 'pull')) return other.kind === 'pull'
  if (write.at !== other.at) return write.at > other.at
  if (write.kind !== other.kind) return write.kind === 'untag'
  if (write.age.source !== other.age.source) return rankOf(write.age.source) > rankOf(other.age.source)
  if (write.digest !== other.digest) return write.digest > other.digest
  if (write.age.at !== other.age.at) return write.age.at < other.age.at
  return Buffer.compare(Buffer.from(write.actor), Buffer.from(other.actor)) > 0
}

import { type Evidence, type Fact, isSighting, keptActor, type Located, viaOf } from './fact.ts'

/** A tag was set to a digest by a push or a pull, or deleted (`untag`); then `digest` is ''. */
export interface TagWrite extends Located {
  kind: 'untag' | Evidence
  tag: string
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
  if (fact.kind === 'untag') return { ...fact, digest: '', actor: '' }
  if (!isSighting(fact) || fact.tag === undefined) return undefined
  const { repository, at, tag, digest } = fact
  const actor = fact.kind === 'pull' ? '' : keptActor(fact.actor)
  return { kind: viaOf(fact), repository, at, tag, digest, actor }
}

/**
 * Whether one write of a tag wins over another: a push or untag over a pull, then the later, then an untag over a push,
 * then the greater digest, then the greater actor (by its bytes). A pull is only a hint: a registry announces a push before it writes the tag
 * (docs/registries.md, Events), so a pull may still get the old digest.
 */
function beats(write: TagWrite, other: TagWrite): boolean {
  if ((write.kind === 'pull') !== (other.kind === 'pull')) return other.kind === 'pull'
  if (write.at !== other.at) return write.at > other.at
  if (write.kind !== other.kind) return write.kind === 'untag'
  if (write.digest !== other.digest) return write.digest > other.digest
  return Buffer.compare(Buffer.from(write.actor), Buffer.from(other.actor)) > 0
}

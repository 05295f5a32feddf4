import { digestOfKey } from './digest-key.ts'
import { type ManifestPresence, PULL_GRACE_US, type Reference, type StandingFact } from './fact.ts'
import type { ImageRecord, ReadRepository } from './read-repository.ts'
import type { StoredReference } from './reference-list.ts'

/**
 * What the index has of a repository, as facts. Tombstones are read after what they delete, and the drop last. So a deletion
 * that came between two pages is among the facts, too.
 */
export async function* exportFacts(
  read: ReadRepository,
  project: string,
  repository: string,
): AsyncGenerator<StandingFact> {
  for await (const record of read.images(project, repository)) yield* presencesOf(record, repository)
  for await (const { digest, at, sizedAt, size } of read.links(project, repository)) {
    const link = { kind: 'link' as const, repository, digest }
    if (size > 0) yield { ...link, size, at: sizedAt }
    if (size === 0 || at > sizedAt) yield { ...link, size: 0, at }
  }
  for await (const { tag, at, kind, key, age, actor } of read.tags(project, repository)) {
    if (kind === 'untag') yield { kind, repository, tag, at }
    else {
      const more = { ...(kind === 'push' && { age }), ...(actor !== '' && { actor }) }
      const named = { repository, at, digest: digestOfKey(key), size: 0, mediaType: '', tag }
      yield { kind: 'present', via: kind, ...named, ...more }
    }
  }
  for await (const { key, at } of read.tombstones(project, repository))
    yield { kind: 'delete', repository, digest: digestOfKey(key), at }
  const { droppedAt = 0 } = (await read.row(project, repository)) ?? {}
  if (droppedAt > 0) yield { kind: 'drop', repository, at: droppedAt }
}

/**
 * A manifest in one repository as facts: the latest push, presence and pull, the presence that told its age, the sightings
 * that carried references, and the one that told the manifest's size. Only this one has the size, so a later fact can still
 * replace it.
 */
function* presencesOf({ manifest, image }: ImageRecord, repository: string): Generator<StandingFact> {
  const { digest, mediaType } = manifest
  const { pushedAt, foundAt, told, pulledAt, sizedAt, size, listTimes } = image
  const [push, age] = [
    (at: number): Evidence => ({ via: 'push', at, age: { at, source: 'event' } }),
    told?.age,
  ]
  const aged: Evidence[] = told && age ? [{ via: 'push', at: told.at, age }] : []
  // It is not stored what told it. It counts as a push if a push was as late, else as a presence if one was.
  const evidenceOf = (at: number): Evidence => {
    if (at <= pushedAt) return push(at)
    if (at <= foundAt) return aged.find((one) => one.at === at) ?? { via: 'push', at }
    return { via: 'pull', at: at + PULL_GRACE_US }
  }
  const presences: ManifestPresence[] = []
  const add = (evidence: Evidence, told: object) => {
    const isSame = ({ via, at, age }: ManifestPresence) =>
      via === evidence.via && at === evidence.at && age?.source === evidence.age?.source
    const before = presences.find((one) => isSame(one) && !('references' in told && 'references' in one))
    if (before) Object.assign(before, told)
    else presences.push({ kind: 'present', repository, digest, size: 0, mediaType, ...evidence, ...told })
  }
  for (const { list, at } of listTimes)
    add(evidenceOf(at), { references: list.references.map(referenceOf), extent: list.extent })
  if (sizedAt > 0) add(evidenceOf(sizedAt), { size })
  if (pushedAt > 0) add(push(pushedAt), {})
  for (const one of aged) add(one, {})
  if (foundAt > 0 && foundAt !== told?.at) add({ via: 'push', at: foundAt }, {})
  if (pulledAt > 0) add({ via: 'pull', at: pulledAt }, {})
  yield* presences
}

type Evidence = Pick<ManifestPresence, 'via' | 'at' | 'age'>

const referenceOf = ({ kind, key, size }: StoredReference): Reference => ({
  kind,
  digest: digestOfKey(key),
  size,
})

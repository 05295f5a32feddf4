import {
  decodeBlob,
  decodeManifest,
  decodeRepository,
  decodeTag,
  decodeTombstone,
  digestText,
  type StoredImage,
  type StoredLink,
  type StoredManifest,
  type StoredReference,
} from './codec.ts'
import {
  type Evidence,
  type ManifestPresence,
  PULL_GRACE_US,
  type Reference,
  type StandingFact,
} from './fact.ts'

/** Reads a page of a project's index; `scripts/export.lua`. */
export type ReadPage = (part: Part, position: string) => Promise<Buffer[]>
type Part = 'manifests' | 'blobs' | 'tags' | 'tombstones'

const NONE = Buffer.alloc(0)

/**
 * A project's index as facts, page by page, while others write. Each fact was true when it was read. Tombstones are
 * read last, so a deletion that came between two pages is among the facts, too.
 */
export async function* exportFacts(
  readRepositories: () => Promise<[Buffer, Buffer][]>,
  readPage: ReadPage,
): AsyncGenerator<StandingFact> {
  let names = new Map<number, string>()
  async function* entries(part: Part): AsyncGenerator<Buffer[]> {
    for (let position = part === 'manifests' ? '0' : '-1'; position !== ''; ) {
      const [next = NONE, ...items] = await readPage(part, position)
      for (let i = 0; i < items.length; i += 2) yield items.slice(i, i + 2)
      position = next.toString()
    }
  }
  const nameOf = async (id: number) => {
    // The first fact about a repository writes its name, so an unknown id came after the names were read.
    if (!names.has(id))
      names = new Map((await readRepositories()).map(([name, row]) => [decodeRepository(row).id, `${name}`]))
    return names.get(id) ?? ''
  }

  for await (const [key = NONE, record = NONE] of entries('manifests')) {
    const manifest = decodeManifest(key, record)
    for (const image of manifest.images) yield* presencesOf(manifest, image, await nameOf(image.repositoryId))
  }
  for await (const [key = NONE, record = NONE] of entries('blobs'))
    for (const link of decodeBlob(record).links)
      yield* linksOf(digestText(key), link, await nameOf(link.repositoryId))
  for await (const [field = NONE, record = NONE] of entries('tags')) {
    const { repositoryId, tag, at, kind, key } = decodeTag(field, record)
    const repository = await nameOf(repositoryId)
    if (kind === 'untag') yield { kind, repository, tag, at }
    else {
      const digest = digestOfKey(key)
      yield { kind: 'present', via: kind, repository, at, digest, size: 0, mediaType: '', tag }
    }
  }
  for await (const [field = NONE, record = NONE] of entries('tombstones')) {
    const { repositoryId, key, at } = decodeTombstone(field, record)
    yield { kind: 'delete', repository: await nameOf(repositoryId), digest: digestOfKey(key), at }
  }
  for (const [name, row] of await readRepositories()) {
    const { droppedAt } = decodeRepository(row)
    if (droppedAt > 0) yield { kind: 'drop', repository: name.toString(), at: droppedAt }
  }
}

/**
 * A manifest in one repository as facts: the latest push, the latest pull, the sightings that carried references, and the
 * one that told the manifest's size. Only this one has the size, so a later fact can still replace it.
 */
function* presencesOf(
  { digest, mediaType }: StoredManifest,
  { pushedAt, pulledAt, sizedAt, size, listTimes }: StoredImage,
  repository: string,
): Generator<StandingFact> {
  // It is not stored whether that was a push or a pull. It counts as a push if a push was as late.
  const evidenceOf = (at: number) =>
    at <= pushedAt ? { via: 'push' as const, at } : { via: 'pull' as const, at: at + PULL_GRACE_US }
  const presences: ManifestPresence[] = []
  const add = (evidence: { via: Evidence; at: number }, told: object) => {
    const isSame = ({ via, at }: ManifestPresence) => via === evidence.via && at === evidence.at
    const before = presences.find((one) => isSame(one) && !('references' in told && 'references' in one))
    if (before) Object.assign(before, told)
    else presences.push({ kind: 'present', repository, digest, size: 0, mediaType, ...evidence, ...told })
  }
  for (const { list, at } of listTimes)
    add(evidenceOf(at), { references: list.references.map(referenceOf), extent: list.extent })
  if (sizedAt > 0) add(evidenceOf(sizedAt), { size })
  if (pushedAt > 0) add({ via: 'push', at: pushedAt }, {})
  if (pulledAt > 0) add({ via: 'pull', at: pulledAt }, {})
  yield* presences
}

const referenceOf = ({ kind, key, size }: StoredReference): Reference => ({
  kind,
  digest: digestOfKey(key),
  size,
})

/** A blob's latest link in a repository, and the latest one that told its size. */
function* linksOf(
  digest: string,
  { at, sizedAt, size }: StoredLink,
  repository: string,
): Generator<StandingFact> {
  const link = { kind: 'link' as const, repository, digest }
  if (size > 0) yield { ...link, size, at: sizedAt }
  if (size === 0 || at > sizedAt) yield { ...link, size: 0, at }
}

/** `key:` and the first 16 bytes in hex. The index does not have the rest of these digests. */
const digestOfKey = (key: string): string => digestText(Buffer.from(key, 'hex'))

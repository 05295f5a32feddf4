import {
  decodeBlob,
  decodeManifest,
  decodeRepository,
  decodeTag,
  decodeTombstone,
  digestText,
  type StoredManifest,
} from './codec.ts'
import { PULL_GRACE_US, type Reference, type StandingFact } from './fact.ts'

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
  async function* entries(part: Part, itemsPerEntry: number): AsyncGenerator<Buffer[]> {
    for (let position = part === 'manifests' ? '0' : '-1'; position !== ''; ) {
      const [next = NONE, ...items] = await readPage(part, position)
      for (let i = 0; i < items.length; i += itemsPerEntry) yield items.slice(i, i + itemsPerEntry)
      position = next.toString()
    }
  }
  const nameOf = async (id: number) => {
    // The first fact about a repository writes its name, so an unknown id came after the names were read.
    if (!names.has(id))
      names = new Map((await readRepositories()).map(([name, row]) => [decodeRepository(row).id, `${name}`]))
    return names.get(id) ?? ''
  }

  for await (const [key = NONE, record = NONE, sizes = NONE] of entries('manifests', 3)) {
    const manifest = decodeManifest(key, record)
    const references = withSizes(manifest.references, sizes)
    for (const image of manifest.images)
      yield* presencesOf(manifest, image, await nameOf(image.repositoryId), references)
  }
  for await (const [key = NONE, record = NONE] of entries('blobs', 2)) {
    const { size, links } = decodeBlob(record)
    for (const { repositoryId, at } of links)
      yield { kind: 'link', repository: await nameOf(repositoryId), digest: digestText(key), size, at }
  }
  for await (const [field = NONE, record = NONE] of entries('tags', 2)) {
    const { repositoryId, tag, at, kind, key } = decodeTag(field, record)
    const repository = await nameOf(repositoryId)
    if (kind === 'untag') yield { kind, repository, tag, at }
    else {
      const digest = digestOfKey(key)
      yield { kind: 'present', via: kind, repository, at, digest, size: 0, mediaType: '', tag }
    }
  }
  for await (const [field = NONE, record = NONE] of entries('tombstones', 2)) {
    const { repositoryId, key, at } = decodeTombstone(field, record)
    yield { kind: 'delete', repository: await nameOf(repositoryId), digest: digestOfKey(key), at }
  }
  for (const [name, row] of await readRepositories()) {
    const { droppedAt } = decodeRepository(row)
    if (droppedAt > 0) yield { kind: 'drop', repository: name.toString(), at: droppedAt }
  }
}

/**
 * A manifest in one repository as facts: the latest push, the latest pull, and the sighting that carried the
 * references.
 */
function* presencesOf(
  { digest, size, mediaType, extent }: StoredManifest,
  { pushedAt, pulledAt, referencesAt }: StoredManifest['images'][number],
  repository: string,
  references: Reference[] | undefined,
): Generator<StandingFact> {
  const present = { kind: 'present' as const, repository, digest, size, mediaType }
  // Whether that was a push or a pull is not stored. It is taken for a push if a push was as late.
  const via = referencesAt <= pushedAt ? 'push' : 'pull'
  const carriedAt = via === 'push' ? referencesAt : referencesAt + PULL_GRACE_US
  if (references !== undefined && referencesAt > 0)
    yield { ...present, via, at: carriedAt, references, extent }
  if (pushedAt > 0 && !(via === 'push' && carriedAt === pushedAt))
    yield { ...present, via: 'push', at: pushedAt }
  if (pulledAt > 0 && !(via === 'pull' && carriedAt === pulledAt))
    yield { ...present, via: 'pull', at: pulledAt }
}

/** `sizes` are those of the blobs, which come first among the references. */
function withSizes(references: StoredManifest['references'], sizes: Buffer): Reference[] | undefined {
  return references?.map(({ kind, key }, i) => {
    return { kind, digest: digestOfKey(key), size: kind === 'blob' ? sizes.readUIntBE(6 * i, 6) : 0 }
  })
}

/** `key:` and the first 16 bytes in hex. The index does not have the rest of these digests. */
const digestOfKey = (key: string): string => digestText(Buffer.from(key, 'hex'))

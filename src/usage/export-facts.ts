import {
  decodeBlob,
  decodeManifest,
  decodeRepository,
  decodeTag,
  decodeTombstone,
  digestText,
} from './codec.ts'
import { PULL_GRACE_US, type Reference, type StandingFact } from './fact.ts'

/** Reads a part of a project's index; `scripts/export.lua`. */
export type ReadPart = (what: Part, where: string) => Promise<Buffer[]>
type Part = 'manifests' | 'blobs' | 'tags' | 'tombstones'

/**
 * A project's index as facts, part by part. Whatever is written meanwhile, each fact was true when it was read; a
 * deletion that came between two parts is told as well, for tombstones are read last.
 */
export async function* exportFacts(
  readRepositories: () => Promise<[Buffer, Buffer][]>,
  readPart: ReadPart,
): AsyncGenerator<StandingFact> {
  let names = new Map<number, string>()
  const rows = async function* (part: Part, width: number): AsyncGenerator<Buffer[]> {
    for (let where = part === 'manifests' ? '0' : '-1'; where !== ''; ) {
      const [next = Buffer.alloc(0), ...found] = await readPart(part, where)
      for (let i = 0; i < found.length; i += width) yield found.slice(i, i + width)
      where = next.toString()
    }
  }
  /** A repository is entered with the first fact about it, so an unknown one came since the names were read. */
  const nameOf = async (id: number) => {
    if (!names.has(id))
      names = new Map((await readRepositories()).map(([name, row]) => [decodeRepository(row).id, `${name}`]))
    return names.get(id) ?? ''
  }
  const keyText = (key: string) => digestText(Buffer.from(key, 'hex'))
  const none = Buffer.alloc(0)

  for await (const [key = none, record = none, sizes = none] of rows('manifests', 3)) {
    const { digest, mediaType, size, references, extent, places } = decodeManifest(key, record)
    const known = references?.map(({ kind, key }, i): Reference => {
      return { kind, digest: keyText(key), size: kind === 'blob' ? sizes.readUIntBE(6 * i, 6) : 0 }
    })
    for (const { repository, pushedAt, pulledAt, toldAt } of places) {
      const sight = {
        ...{ kind: 'present' as const, repository: await nameOf(repository), digest, size, mediaType },
      }
      // Who told the references is not recorded: a push where one was that late, or else a pull.
      const isByPush = toldAt <= pushedAt
      const told = isByPush ? toldAt : toldAt + PULL_GRACE_US
      if (known !== undefined && toldAt > 0)
        yield { ...sight, via: isByPush ? 'push' : 'pull', at: told, references: known, extent }
      if (pushedAt > 0 && !(isByPush && told === pushedAt)) yield { ...sight, via: 'push', at: pushedAt }
      if (pulledAt > 0 && (isByPush || told !== pulledAt)) yield { ...sight, via: 'pull', at: pulledAt }
    }
  }
  for await (const [key = none, record = none] of rows('blobs', 2)) {
    const { size, links } = decodeBlob(record)
    for (const { repository, at } of links)
      yield { kind: 'link', repository: await nameOf(repository), digest: digestText(key), size, at }
  }
  for await (const [field = none, record = none] of rows('tags', 2)) {
    const { repository: id, tag, at, kind, key } = decodeTag(field, record)
    const repository = await nameOf(id)
    if (kind === 'deleted') yield { kind: 'untag', repository, tag, at }
    else {
      const via = kind === 'pushed' ? 'push' : 'pull'
      yield { kind: 'present', via, repository, at, digest: keyText(key), size: 0, mediaType: '', tag }
    }
  }
  for await (const [field = none, record = none] of rows('tombstones', 2)) {
    const { repository, key, at } = decodeTombstone(field, record)
    yield { kind: 'delete', repository: await nameOf(repository), digest: keyText(key), at }
  }
  for (const [name, row] of await readRepositories()) {
    const { droppedAt } = decodeRepository(row)
    if (droppedAt > 0) yield { kind: 'drop', repository: name.toString(), at: droppedAt }
  }
}

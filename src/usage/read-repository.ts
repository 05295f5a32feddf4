import type { Cluster, Redis } from 'ioredis'
import type { LuaScript } from '../platform/lua-script.ts'
import { ageAfter, ageOfImage, voidAfter } from './age.ts'
import {
  decodeLink,
  decodeManifest,
  decodeRepository,
  decodeTag,
  decodeTombstone,
  type StoredImage,
  type StoredManifest,
} from './codec.ts'
import { PULL_GRACE_US } from './fact.ts'
import type { IndexedImage } from './indexed-image.ts'
import { projectBase, projectKeys, scriptKeys, tableKeys } from './keys.ts'

type Part = 'images' | 'links' | 'tags' | 'tombstones'
type Entry = [field: Buffer, value: Buffer]

/** A manifest's record, and its image in the repository that is read. */
export interface ImageRecord {
  manifest: StoredManifest
  image: StoredImage
}

/**
 * Reads one repository of a project, at the cost of that repository. It is read page by page while others write: each entry
 * was true when it was read. What a drop has deleted and small calls have yet to remove is left out.
 */
export function makeReadRepository(deps: {
  redis: Redis | Cluster
  prefix: string
  /** `scripts/export.lua` */
  exportPage: LuaScript
  /** `scripts/lookup.lua` */
  lookUp: LuaScript
}) {
  const { redis, prefix, exportPage } = deps

  /** A repository's id, and when it was last dropped (epoch µs; 0 for never). `undefined` if no fact named it. */
  async function row(project: string, repository: string) {
    const record = await redis.hgetBuffer(projectKeys(prefix, project).repositories, repository)
    return record === null ? undefined : decodeRepository(record)
  }

  async function* entries(project: string, repository: string, part: Part): AsyncGenerator<Entry> {
    for (let position = '-1'; position !== ''; ) {
      const reply = await exportPage(scriptKeys(prefix, project), [repository, part, position])
      position = String(reply[0])
      for (let i = 1; i + 1 < reply.length; i += 2) yield [bufferAt(reply, i), bufferAt(reply, i + 1)]
    }
  }

  async function* images(project: string, repository: string): AsyncGenerator<ImageRecord> {
    const found = await row(project, repository)
    if (found === undefined) return
    for await (const [key, value] of entries(project, repository, 'images')) {
      // A page leaves out records once it has too many bytes.
      const record =
        value.length > 0 ? value : await redis.hgetBuffer(projectKeys(prefix, project).manifests, key)
      const one = record && imageIn(found, key, record)
      if (one) yield one
    }
  }

  /** Reads the images with these keys, by key; those that the repository does not have are left out. */
  async function imagesOf(
    project: string,
    repository: string,
    keys: readonly string[],
  ): Promise<Map<string, ImageRecord>> {
    const found = await row(project, repository)
    if (found === undefined || keys.length === 0) return new Map()
    const fields = keys.map((key) => Buffer.from(key, 'hex'))
    const records = await redis.hmgetBuffer(projectKeys(prefix, project).manifests, ...fields)
    return new Map(
      fields.flatMap((field, i) => {
        const record = records[i]
        const one = record && imageIn(found, field, record)
        return one ? [[field.toString('hex'), one] as const] : []
      }),
    )
  }

  /** The last writes of these tags; `undefined` for one that was never written. */
  async function tagWrites(project: string, repository: string, tags: string[]) {
    const found = await row(project, repository)
    if (found === undefined) return []
    const records = await deps.lookUp(tableKeys(projectBase(prefix, project), `tags:${found.id}`), tags)
    return records.map((record) => (record.length === 0 ? undefined : decodeTag(record)))
  }

  /** Names of tags in order, at most `limit` of those after `after`. Some of them may be deleted. */
  async function tagNames(
    project: string,
    repository: string,
    { after, limit }: { after: string | undefined; limit: number },
  ): Promise<string[]> {
    const found = await row(project, repository)
    if (found === undefined) return []
    const sorted = `${projectBase(prefix, project)}tag-names:${found.id}`
    if ((await redis.exists(sorted)) === 1)
      return redis.zrangebylex(sorted, after === undefined ? '-' : `(${after}`, '+', 'LIMIT', 0, limit)
    const names: string[] = []
    for await (const [name] of entries(project, repository, 'tags')) names.push(name.toString())
    return names
      .filter((name) => after === undefined || name > after)
      .sort()
      .slice(0, limit)
  }

  return {
    row,
    images,
    imagesOf,
    tagNames,
    tagWrites,

    async *links(project: string, repository: string) {
      const { droppedAt = 0 } = (await row(project, repository)) ?? {}
      for await (const [key, record] of entries(project, repository, 'links')) {
        const link = decodeLink(key, record)
        if (link.at > droppedAt) yield link
      }
    },

    async *tags(project: string, repository: string) {
      for await (const [tag, record] of entries(project, repository, 'tags'))
        yield { tag: tag.toString(), ...decodeTag(record) }
    },

    async *tombstones(project: string, repository: string) {
      for await (const [key, record] of entries(project, repository, 'tombstones'))
        yield { key: key.toString('hex'), at: decodeTombstone(record) }
    },
  }
}
export type ReadRepository = ReturnType<typeof makeReadRepository>

const bufferAt = (reply: readonly Buffer[], i: number): Buffer => reply[i] ?? Buffer.alloc(0)

/** The image of a manifest in a repository. `undefined` if there is none. */
function imageIn(
  row: { id: number; droppedAt: number },
  key: Buffer,
  record: Buffer,
): ImageRecord | undefined {
  const manifest = decodeManifest(key, record)
  const image = manifest.images.find(({ repositoryId }) => repositoryId === row.id)
  const standing = image && sinceDrop(image, row.droppedAt)
  return standing && { manifest, image: standing }
}

/** The image without what a drop has deleted. `undefined` if nothing of it is left. */
function sinceDrop(image: StoredImage, droppedAt: number): StoredImage | undefined {
  const pushedAt = image.pushedAt > droppedAt ? image.pushedAt : 0
  const foundAt = image.foundAt > droppedAt ? image.foundAt : 0
  const told = image.told && image.told.at > droppedAt ? voidAfter(image.told, droppedAt) : undefined
  const pulledAt = droppedAt === 0 || image.pulledAt > droppedAt + PULL_GRACE_US ? image.pulledAt : 0
  if (pushedAt === 0 && foundAt === 0 && pulledAt === 0) return undefined
  const tags = image.tags
    .filter(({ taggedAt }) => taggedAt > droppedAt)
    .map((tag) => ({ ...tag, age: ageAfter(tag.age, tag.taggedAt, droppedAt) }))
  return { ...image, pushedAt, foundAt, told, pulledAt, tags }
}

/** An image as callers see it. */
export function indexedImage(repository: string, { manifest, image }: ImageRecord): IndexedImage {
  const { images: _, lists: __, ...content } = manifest
  const tags = image.tags.map(({ name, age }) => ({ name, age })).sort((a, b) => (a.name < b.name ? -1 : 1))
  return { ...content, repository, ...ageOfImage(image), pulledAt: image.pulledAt, tags }
}

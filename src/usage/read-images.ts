import type { Cluster, Redis } from 'ioredis'
import { decodeManifest, decodeRepository } from './codec.ts'
import type { IndexedImage } from './indexed-image.ts'
import { LAYOUT, projectKeys } from './keys.ts'

/** Reads every manifest of a project with its tags, in each repository that has it, as of one moment. */
export const makeReadImages =
  ({ redis, prefix }: { redis: Redis | Cluster; prefix: string }) =>
  async (project: string): Promise<IndexedImage[]> => {
    const keys = projectKeys(prefix, project)
    const reply = await redis
      .multi()
      .hmget(keys.meta, 'createdAt', 'layout')
      .callBuffer('HGETALL', keys.repositories)
      .callBuffer('HGETALL', keys.manifests)
      .exec()
    const [meta, ...hashes] = (reply ?? []).map(([error, part]) => {
      if (error) throw error
      return part
    })
    checkLayout(project, meta)
    const [repositories = [], manifests = []] = hashes.map(entriesOf)
    const names = new Map(
      repositories.map(([name, record]) => [decodeRepository(record).id, name.toString()]),
    )
    return manifests.flatMap(([key, record]) => {
      const { images, ...manifest } = decodeManifest(key, record)
      return images.map(({ repositoryId, pushedAt, pulledAt, tags }) => ({
        ...manifest,
        repository: names.get(repositoryId) ?? '',
        pushedAt,
        pulledAt,
        tags: tags.sort((a, b) => (a.name < b.name ? -1 : 1)),
      }))
    })
  }

/** `meta`: the fields `createdAt` and `layout`. @throws if another version of Tallyman wrote the project's records */
function checkLayout(project: string, meta: unknown): void {
  const [createdAt, layout] = Array.isArray(meta) ? meta : []
  if (createdAt !== null && String(layout) !== LAYOUT)
    throw new Error(
      `the index of ${project} was written by another version of Tallyman. Build the index again (docs/usage.md, The layout)`,
    )
}

/** The entries of a hash from a raw reply to HGETALL. Fields are bytes, so an object could not hold them as keys. */
export function entriesOf(reply: unknown): [Buffer, Buffer][] {
  const items = Array.isArray(reply) ? reply : []
  return Array.from({ length: items.length / 2 }, (_, i) => [items[2 * i], items[2 * i + 1]])
}

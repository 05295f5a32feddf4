import pMap from 'p-map'
import type { IndexedImage } from './indexed-image.ts'
import { type ImageRecord, indexedImage, type ReadRepository } from './read-repository.ts'

/** A tag, and the image that it names. */
export interface TaggedImage extends Omit<IndexedImage, 'tags'> {
  tag: string
  /** epoch µs */
  taggedAt: number
  /** Who pushed the tag last; '' if it is not known. */
  pushedBy: string
  /** How many manifests an index lists; 0 for an image. */
  children: number
  /** Bytes of the manifest, its children, and all their configs and layers, each content once. */
  wholeSize: number
}

/** Records that are read at a time. */
const READS = { concurrency: 16 }

/** Tags of a repository in order of name, at most `limit` of those after the tag `after`. */
export async function tagPage(
  read: ReadRepository,
  page: { project: string; repository: string; after?: string; limit: number },
): Promise<TaggedImage[]> {
  const { project, repository, after, limit } = page
  const writes: { tag: string; key: string; actor: string }[] = []
  for await (const { tag, kind, key, actor } of read.tags(project, repository))
    if (kind !== 'untag' && (after === undefined || tag > after)) writes.push({ tag, key, actor })
  writes.sort((a, b) => (a.tag < b.tag ? -1 : 1))

  const records = new Map<string, Promise<ImageRecord | undefined>>()
  const recordOf = (key: string) => {
    const record = records.get(key) ?? read.image(project, repository, key)
    records.set(key, record)
    return record
  }
  const describe = async ({ tag, key, actor }: (typeof writes)[number]): Promise<TaggedImage[]> => {
    const record = await recordOf(key)
    // The tag's last write may name a manifest that was deleted since.
    const found = record?.image.tags.find(({ name }) => name === tag)
    if (record === undefined || found === undefined) return []
    const childKeys = childKeysOf(record)
    const children = await Promise.all(childKeys.map(recordOf))
    const { tags: _, ...image } = indexedImage(repository, record)
    const whole = [record, ...children.filter((child) => child !== undefined)]
    const about = { tag, taggedAt: found.taggedAt, pushedBy: actor }
    return [{ ...image, ...about, children: childKeys.length, wholeSize: sizeOfAll(whole) }]
  }

  const tags: TaggedImage[] = []
  let next = 0
  while (tags.length < limit && next < writes.length) {
    const batch = writes.slice(next, next + limit - tags.length)
    next += batch.length
    tags.push(...(await pMap(batch, describe, READS)).flat())
  }
  return tags
}

const childKeysOf = ({ manifest }: ImageRecord): string[] => [
  ...new Set((manifest.references ?? []).filter(({ kind }) => kind === 'child').map(({ key }) => key)),
]

/** Bytes of these manifests and of all that they reference, each content once. */
function sizeOfAll(records: readonly ImageRecord[]): number {
  const sizes = new Map<string, number>()
  for (const { manifest } of records) {
    sizes.set(manifest.digest, manifest.size)
    for (const { kind, key, size } of manifest.references ?? []) if (kind === 'blob') sizes.set(key, size)
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0)
}

import { type Age, ageOfImage } from './age.ts'
import type { IndexedImage } from './indexed-image.ts'
import type { ImageRecord, ReadRepository } from './read-repository.ts'
import { wholeSize } from './whole-size.ts'

/** A tag, and the image that it names. */
export interface TaggedImage extends Omit<IndexedImage, 'tags'> {
  tag: string
  /** Since when the tag names it. */
  tagAge: Age
  /** Who pushed the tag last; '' if it is not known. */
  pushedBy: string
  /** How many manifests an index lists; 0 for an image. */
  children: number
  /** Bytes of the manifest, its children, and all their configs and layers, each content once. */
  wholeSize: number
}

/** Tags of a repository in order of name, at most `limit` of those after the tag `after`. */
export async function tagPage(
  read: ReadRepository,
  page: { project: string; repository: string; after?: string; limit: number },
): Promise<TaggedImage[]> {
  const { project, repository, limit } = page
  const tags: TaggedImage[] = []
  let after = page.after
  while (tags.length < limit) {
    const names = await read.tagNames(project, repository, { after, limit: limit - tags.length })
    if (names.length === 0) break
    after = names.at(-1)
    tags.push(...(await describeTags(read, { project, repository, names })))
  }
  return tags
}

/** The tags of these names that point to an image. */
async function describeTags(
  read: ReadRepository,
  { project, repository, names }: { project: string; repository: string; names: string[] },
): Promise<TaggedImage[]> {
  const writes = await read.tagWrites(project, repository, names)
  const keys = new Set(writes.flatMap((write) => (write && write.kind !== 'untag' ? [write.key] : [])))
  const images = await read.imagesOf(project, repository, [...keys])
  const childKeys = new Set([...images.values()].flatMap(childKeysOf))
  const children = await read.imagesOf(project, repository, [...childKeys])
  const ages = new Map(
    [...images].map(([key, { image }]) => [key, new Map(image.tags.map((tag) => [tag.name, tag.age]))]),
  )
  return names.flatMap((tag, i) => {
    const key = writes[i]?.key ?? ''
    const record = images.get(key)
    // The tag's last write may be an untag, or name a manifest that was deleted since.
    const tagAge = ages.get(key)?.get(tag)
    if (record === undefined || tagAge === undefined) return []
    const own = childKeysOf(record)
    const whole = [record, ...own.flatMap((key) => children.get(key) ?? [])]
    const { images: _, lists: __, ...content } = record.manifest
    const { pulledAt } = record.image
    const pushedBy = writes[i]?.actor ?? ''
    const tagged = {
      tag,
      tagAge,
      pushedBy,
      children: own.length,
      wholeSize: wholeSize(whole.map(({ manifest }) => manifest)),
    }
    return [{ ...content, repository, ...ageOfImage(record.image), pulledAt, ...tagged }]
  })
}

const childKeysOf = ({ manifest }: ImageRecord): string[] => [
  ...new Set((manifest.references ?? []).filter(({ kind }) => kind === 'child').map(({ key }) => key)),
]

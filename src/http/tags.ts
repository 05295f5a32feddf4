import { type Static, Type } from 'typebox'
import { formatTimestamp } from '../platform/timestamp.ts'
import { ageOfTag } from '../usage/age-of-tag.ts'
import type { TaggedImage } from '../usage/tag-page.ts'
import type { UsageIndex } from '../usage/usage-index.ts'

/** A tag, as the API shows it. */
export const Tag = Type.Object({
  repository: Type.String({ description: 'The repository in the registry.' }),
  tag: Type.String({ description: 'The name of the tag.' }),
  digest: Type.String({ description: 'The manifest that it names.' }),
  mediaType: Type.String({ description: 'The media type of the manifest.' }),
  sizeBytes: Type.Integer({
    description:
      'The size of the manifest with its config and layers. For an index: with its children and theirs, each content once.',
  }),
  platforms: Type.Union([Type.Integer(), Type.Null()], {
    description: 'How many manifests an index lists, attestations among them. Null for an image.',
  }),
  pushedAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
    description:
      'Since when the tag names the image. With `ageSource: seen`, it may be for longer. Null if it is not known.',
  }),
  ageSource: Type.Enum(['event', 'registry', 'storage', 'image', 'seen'], {
    description:
      'What tells `pushedAt`: the event of the push; GitLab; the storage; the time of the build in the image; `seen`: nothing, and it was first seen then.',
  }),
  pushedBy: Type.Union([Type.String(), Type.Null()], {
    description: 'Who pushed the tag last: the login name at the registry. Null if it is not known.',
  }),
  lastPullAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
    description: 'When the image was last pulled. Null if no pull is known.',
  }),
})

export function tagView(image: TaggedImage): Static<typeof Tag> {
  const { at, source } = ageOfTag(image, { age: image.tagAge })
  return {
    repository: image.repository,
    tag: image.tag,
    digest: image.digest,
    mediaType: image.mediaType,
    sizeBytes: image.wholeSize,
    platforms: image.children > 0 ? image.children : null,
    pushedAt: formatTimestamp(at),
    ageSource: source === 'undated' ? 'seen' : source,
    pushedBy: image.pushedBy || null,
    lastPullAt: formatTimestamp(image.pulledAt),
  }
}

/** The tags of a project, or of one of its repositories, in order; at most `limit` of those after a repository and tag. */
export async function tagsFrom(
  index: Pick<UsageIndex, 'repositories' | 'tags'>,
  project: string,
  page: { repository: string | undefined; after: [string, string] | undefined; limit: number },
): Promise<TaggedImage[]> {
  const [afterRepository = '', afterTag] = page.after ?? []
  const names = (await index.repositories(project)).filter(
    (name) => name >= afterRepository && (page.repository ?? name) === name,
  )
  const found: TaggedImage[] = []
  for (const name of names) {
    const after = name === afterRepository ? afterTag : undefined
    const limit = page.limit - found.length
    found.push(...(await index.tags(project, name, { limit, ...(after !== undefined && { after }) })))
    if (found.length >= page.limit) break
  }
  return found
}

import { type Static, Type } from 'typebox'
import { CommandError } from './command-error.ts'
import { Next, queryOf } from './page-options.ts'
import type { Service } from './service.ts'

const Instant = Type.Union([Type.String(), Type.Null()])

/** The part of a tag that the commands show. */
export const Tag = Type.Object({
  repository: Type.String(),
  tag: Type.String(),
  digest: Type.String(),
  sizeBytes: Type.Integer(),
  platforms: Type.Union([Type.Integer(), Type.Null()]),
  pushedAt: Instant,
  ageSource: Type.String(),
  pushedBy: Type.Union([Type.String(), Type.Null()]),
  lastPullAt: Instant,
})
export type Tag = Static<typeof Tag>

export const TagPage = Type.Object({ tags: Type.Array(Tag), ...Next })

/** An image that has tags. */
export interface TaggedImage extends Pick<Tag, 'repository' | 'digest' | 'sizeBytes' | 'platforms'> {
  tags: string[]
  lastPullAt: string | null
}

/** Tags that one command reads at most: ten requests. */
const MOST_TAGS = 10_000

/**
 * The path of a project in the API.
 * @throws CommandError without a slash: what the API has below a project would be taken for a part of its id
 */
export function pathOfProject(project: string): string {
  if (!project.includes('/'))
    throw new CommandError(
      `"${project}" is not a project: expected the registry and the path, such as ci/team/app`,
    )
  return `/v1/projects/${encodeURIComponent(project)}`
}

/** The tags of a project, or of one of its repositories. `isCut` says whether there are more. */
export async function readTags(
  service: Service,
  project: string,
  filter: { repository?: string } = {},
): Promise<{ tags: Tag[]; isCut: boolean }> {
  const tags: Tag[] = []
  let cursor: string | undefined
  do {
    const query = queryOf({ ...filter, limit: '1000', ...(cursor && { cursor }) })
    const page = await service.get(`${pathOfProject(project)}/tags${query}`, TagPage)
    tags.push(...page.tags)
    cursor = page.next ?? undefined
  } while (cursor !== undefined && tags.length < MOST_TAGS)
  return { tags, isCut: cursor !== undefined }
}

export const cutText = `only the first ${MOST_TAGS} tags were looked at`

/** The images that these tags name, the largest first. */
export function imagesOf(tags: readonly Tag[]): TaggedImage[] {
  const groups = Map.groupBy(tags, ({ repository, digest }) => `${repository}@${digest}`)
  return [...groups.values()]
    .flatMap(([first, ...others]) => {
      if (first === undefined) return []
      const { repository, digest, sizeBytes, platforms, lastPullAt } = first
      return [
        {
          ...{ repository, digest, sizeBytes, platforms },
          ...{ tags: [first, ...others].map(({ tag }) => tag), lastPullAt },
        },
      ]
    })
    .toSorted((a, b) => b.sizeBytes - a.sizeBytes)
}

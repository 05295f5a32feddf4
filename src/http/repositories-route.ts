import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Static, Type } from 'typebox'
import type { UsageIndex } from '../usage/usage-index.ts'
import { wholeSize } from '../usage/whole-size.ts'
import { cutPage, decodeCursor, pageOf, pageQuery } from './page.ts'
import { HttpError, Problem } from './problem.ts'
import type { Roles } from './roles.ts'
import type { InTurn } from './turns.ts'
import { unknownProject } from './unknown-project.ts'

const SORTS = ['manifests', 'name'] as const
type Sort = (typeof SORTS)[number]

/** Repositories whose sizes are read for one page. */
const MOST_SIZED = 20

const Sizes = Type.Object({
  tags: Type.Integer({ description: 'Its tags.' }),
  sizeBytes: Type.Integer({ description: 'The bytes that its manifests hold, each content once.' }),
  freesBytes: Type.Integer({
    description: 'What the next garbage collection would free if the whole repository were deleted.',
  }),
})

const Repository = Type.Object({
  repository: Type.String({ description: 'Its name in the registry.' }),
  manifests: Type.Integer({ description: 'How many manifests it holds.' }),
  sizes: Type.Union([Sizes, Type.Null()], { description: 'Null unless they were asked for.' }),
})

const Position = Type.Tuple([Type.Enum([...SORTS]), Type.Integer(), Type.String()])

/** The repositories of a project. */
export const repositoriesRoute =
  ({
    index,
    roles,
    inTurn,
  }: {
    index: UsageIndex
    roles: Roles
    inTurn: InTurn
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    async function sizesOf(project: string, repository: string): Promise<Static<typeof Sizes>> {
      const images = await index.images(project, repository)
      const reclaim = index.reclaim(project)
      await reclaim.load(images)
      return {
        tags: images.reduce((sum, { tags }) => sum + tags.length, 0),
        sizeBytes: wholeSize(images),
        freesBytes: reclaim.take(images).registryBytes,
      }
    }

    app.get('/v1/projects/:id/repositories', {
      onRequest: roles.project('read'),
      schema: {
        tags: ['usage'],
        summary: 'The repositories of a project that hold something',
        description:
          'Without `sizes` it is cheap. With them it costs as much as the repositories of the page are large.',
        params: Type.Object({
          id: Type.String({
            description: 'registry/path, URL-encoded, or with plain slashes and `/-/` after it',
          }),
        }),
        querystring: pageQuery({
          sort: Type.Enum([...SORTS], {
            default: 'manifests',
            description: '`manifests`: those with the most first. `name`: by name.',
          }),
          search: Type.Optional(Type.String({ description: 'A text in the name, in any case.' })),
          sizes: Type.Boolean({
            default: false,
            description: `Whether to tell sizes; a page has ${MOST_SIZED} repositories at most then.`,
          }),
        }),
        response: {
          200: pageOf({
            repositories: Type.Array(Repository, { description: 'The repositories of the page.' }),
          }),
          '4xx': Problem,
          '5xx': Problem,
        },
      },
      handler: async ({ params: { id }, query: { sort, search = '', sizes, cursor, ...query } }) => {
        const after = decodeCursor(Position, cursor)
        if (after !== undefined && after[0] !== sort)
          throw new HttpError(
            400,
            'the cursor is not of this list: expected `next` of a page with the same order',
          )
        if ((await index.usage(id)) === undefined) throw unknownProject(id)
        const limit = sizes ? Math.min(query.limit, MOST_SIZED) : query.limit
        const text = search.toLowerCase()
        const found = (await index.heldRepositories(id))
          .filter(({ name }) => name.toLowerCase().includes(text))
          .map((one) => ({ ...one, value: valueIn(sort, one.manifests) }))
          .filter((one) => after === undefined || compare(one, { value: after[1], name: after[2] }) > 0)
          .sort(compare)
        const { items, next } = cutPage(found, limit, ({ value, name }) => [sort, value, name])
        const repositories: Static<typeof Repository>[] = []
        for (const { name, manifests } of items)
          repositories.push({
            ...{ repository: name, manifests },
            sizes: sizes ? await inTurn(() => sizesOf(id, name)) : null,
          })
        return { repositories, next }
      },
    })
  }

/** The lowest comes first. */
const valueIn = (sort: Sort, manifests: number): number => (sort === 'manifests' ? -manifests : 0)

const compare = (a: { value: number; name: string }, b: { value: number; name: string }): number =>
  a.value - b.value || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)

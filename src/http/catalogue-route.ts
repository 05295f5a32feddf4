import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type TProperties, Type } from 'typebox'
import type { Standings } from '../quota/standings.ts'
import { positionOf } from '../quota/standings.ts'
import type { ProjectUsage } from '../usage/usage.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import { cutPage, decodeCursor, pageOf, pageQuery } from './page.ts'
import { HttpError, Problem } from './problem.ts'
import { Tag, tagsFrom, tagView } from './tags.ts'
import type { InTurn } from './turns.ts'
import { unknownProject } from './unknown-project.ts'

const Project = Type.Object({
  project: Type.String({ description: 'registry/path' }),
  repositories: Type.Integer({ description: 'How many repositories it has.' }),
  tags: Type.Integer({ description: 'How many tags it has.' }),
})

const Repository = Type.Object({
  repository: Type.String({ description: 'The repository in the registry.' }),
})

const { tag, digest, sizeBytes, pushedAt, ageSource } = Tag.properties
const CatalogueTag = Type.Object({ tag, digest, sizeBytes, pushedAt, ageSource })

const inProject = { project: Type.String({ description: 'The project: registry/path.' }) }

/** By name, with the position of no number. */
const ByName = Type.Tuple([Type.Literal('name'), Type.Number(), Type.String()])

const FLAGS = ['ok', 'warning', 'over'] as const

/**
 * Which images there are, for everybody, if `login.public` is set (docs/access.md, The public catalogue). It tells what a registry
 * tells whoever may pull, and nothing of people, quotas, or what Tallyman does.
 */
export const catalogueRoute =
  (deps: {
    isPublic: boolean
    /** The names of those that are configured. */
    registries: readonly string[]
    index: Pick<UsageIndex, 'usage' | 'repositories' | 'tags'>
    standings: () => Promise<Pick<Standings, 'select'>>
    usagesOf: (ids: readonly string[]) => Promise<(ProjectUsage | undefined)[]>
    inTurn: InTurn
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { index } = deps
    const about = (summary: string, answer: TProperties) => ({
      ...{ tags: ['catalogue'], summary, security: [] },
      description: 'Without a token. It is 404 unless `login.public` is set.',
      response: { 200: Type.Object(answer), '4xx': Problem, '5xx': Problem },
    })

    app.addHook('onRequest', async () => {
      if (!deps.isPublic) throw new HttpError(404, 'the catalogue is not public here (login.public)')
    })

    app.get('/v1/catalogue', {
      schema: about('The registries', {
        registries: Type.Array(Type.Object({ name: Type.String({ description: 'Its name.' }) }), {
          description: 'All of them, by name.',
        }),
      }),
      handler: async () => ({ registries: deps.registries.toSorted().map((name) => ({ name })) }),
    })

    app.get('/v1/catalogue/projects', {
      schema: {
        ...about(
          'The projects, by name',
          pageOf({
            projects: Type.Array(Project, { description: 'The projects of the page.' }),
          }).properties,
        ),
        querystring: pageQuery({
          registry: Type.Optional(Type.String({ description: 'Only projects of this registry.' })),
          search: Type.Optional(Type.String({ description: 'A text in the id, in any case.' })),
        }),
      },
      handler: async ({ query: { limit, cursor, registry, search } }) => {
        const after = decodeCursor(ByName, cursor)
        const found = (await deps.standings()).select({
          ...{ sort: 'name', after, registry, flags: FLAGS, search, limit: limit + 1, sees: () => true },
        })
        const { items, next } = cutPage(found, limit, positionOf('name'))
        const usages = await deps.inTurn(() => deps.usagesOf(items.map(({ id }) => id)))
        const projects = usages.flatMap((usage) =>
          usage === undefined
            ? []
            : [{ project: usage.id, repositories: usage.repositories, tags: usage.tags }],
        )
        return { projects, next }
      },
    })

    app.get('/v1/catalogue/repositories', {
      schema: {
        ...about(
          'The repositories of a project, by name',
          pageOf({
            repositories: Type.Array(Repository, { description: 'The repositories of the page.' }),
          }).properties,
        ),
        querystring: pageQuery(inProject),
      },
      handler: ({ query: { limit, cursor, project } }) =>
        deps.inTurn(async () => {
          await requireProject(project)
          const after = decodeCursor(Type.String(), cursor)
          const found = (await index.repositories(project)).filter(
            (name) => after === undefined || name > after,
          )
          const { items, next } = cutPage(found, limit, (name) => name)
          return { repositories: items.map((repository) => ({ repository })), next }
        }),
    })

    app.get('/v1/catalogue/tags', {
      schema: {
        ...about(
          'The tags of a repository, by name',
          pageOf({
            tags: Type.Array(CatalogueTag, { description: 'The tags of the page.' }),
          }).properties,
        ),
        querystring: pageQuery({
          ...inProject,
          repository: Type.String({ description: 'The repository in the registry.' }),
        }),
      },
      handler: ({ query: { limit, cursor, project, repository } }) =>
        deps.inTurn(async () => {
          await requireProject(project)
          const position = decodeCursor(Type.String(), cursor)
          const after: [string, string] | undefined =
            position === undefined ? undefined : [repository, position]
          const found = await tagsFrom(index, project, { repository, after, limit: limit + 1 })
          const { items, next } = cutPage(found, limit, ({ tag }) => tag)
          return { tags: items.map(viewOf), next }
        }),
    })

    /** @throws HttpError 404 */
    async function requireProject(id: string): Promise<void> {
      if ((await index.usage(id)) === undefined) throw unknownProject(id)
    }
  }

function viewOf(image: Parameters<typeof tagView>[0]) {
  const { tag, digest, sizeBytes, pushedAt, ageSource } = tagView(image)
  return { tag, digest, sizeBytes, pushedAt, ageSource }
}

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { formatTimestamp } from '../platform/timestamp.ts'
import { Flag } from '../queue/alert.ts'
import type { Quota } from '../quota/evaluate.ts'
import type { FlagState, Flags } from '../quota/flags.ts'
import { positionOf, SORTS, type Sort, type Standings } from '../quota/standings.ts'
import type { ProjectUsage } from '../usage/usage.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import { cutPage, decodeCursor, pageOf, pageQuery } from './page.ts'
import { HttpError, Problem } from './problem.ts'
import type { Roles } from './roles.ts'
import { Tag, tagsFrom, tagView } from './tags.ts'
import type { InTurn } from './turns.ts'

const Bytes = Type.Integer({ minimum: 0 })
const Instant = Type.Union([Type.String({ format: 'date-time' }), Type.Null()])

export const Project = Type.Object({
  id: Type.String({ description: 'registry/path' }),
  uniqueBytes: Bytes,
  referencedBytes: Bytes,
  exclusiveBytes: Bytes,
  unreferencedBytes: Bytes,
  manifests: Type.Integer(),
  tags: Type.Integer(),
  repositories: Type.Integer(),
  unresolved: Type.Integer({
    description:
      'Manifests whose references, or whose subject, are not known yet. Until then the sizes may be too small.',
  }),
  pulls: Type.Integer(),
  scans: Type.Integer({ description: 'Pulls by scanners. `pulls` does not count them.' }),
  lastPushAt: Instant,
  lastPushedBy: Type.Union([Type.String(), Type.Null()], {
    description: 'Who made the last push. Null if it is not known.',
  }),
  lastPullAt: Instant,
  limitBytes: Type.Union([Bytes, Type.Null()]),
  flag: Flag,
  flagSince: Instant,
})

const TagPosition = Type.Tuple([Type.String(), Type.String()], { description: 'repository and tag' })

const RaisedFlag = Type.Object({ project: Type.String(), flag: Flag, since: Instant })

const RAISED: ('warning' | 'over')[] = ['warning', 'over']
const FLAGS: Flag[] = ['ok', ...RAISED]

const ById = Type.Object({
  id: Type.String({
    description:
      'registry/path, URL-encoded. It may have plain slashes; then `/-/` must precede what is below it, as in `/v1/projects/ci/team-a/app/-/tags`.',
  }),
})

export const projectsRoute =
  (deps: {
    index: UsageIndex
    flags: Flags
    quotaOf: (project: string) => Quota | undefined
    /** All projects in their orders, as of a moment ago. */
    standings: () => Promise<Standings>
    usagesOf: (ids: readonly string[]) => Promise<(ProjectUsage | undefined)[]>
    roles: Roles
    inTurn: InTurn
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { index, flags } = deps
    app.addHook('onRequest', deps.roles.read)

    const view = (usage: ProjectUsage, state: Pick<FlagState, 'flag' | 'since'>) => ({
      ...usage,
      lastPushAt: formatTimestamp(usage.lastPushAt),
      lastPushedBy: usage.lastPushedBy || null,
      lastPullAt: formatTimestamp(usage.lastPullAt),
      limitBytes: deps.quotaOf(usage.id)?.limit ?? null,
      flag: state.flag,
      flagSince: state.since,
    })

    app.get('/v1/projects', {
      schema: {
        tags: ['usage'],
        summary: 'Projects with their usage, the largest first',
        description:
          'The numbers are as of now. The order and the filters are as of a moment ago: with 20,000 projects, some seconds. ' +
          'A project whose numbers change between two pages may be on both of them, or on none.',
        querystring: pageQuery({
          sort: Type.Enum([...SORTS], {
            default: 'unique',
            description:
              '`unique`, `exclusive`: the most bytes first. `flag`: `over` first, then `warning`. `name`: by id.',
          }),
          registry: Type.Optional(Type.String()),
          flag: Type.Optional(Flag),
          search: Type.Optional(Type.String({ description: 'A text in the id, in any case.' })),
        }),
        response: {
          200: pageOf({ projects: Type.Array(Project) }),
          '4xx': Problem,
          '5xx': Problem,
        },
      },
      handler: async ({ query: { limit, cursor, sort, registry, flag, search } }) => {
        const after = decodeCursor(positionIn(sort), cursor)
        const flags = flag === undefined ? FLAGS : [flag]
        const found = (await deps.standings()).select({
          ...{ sort, after, registry, flags, search, limit: limit + 1 },
        })
        const { items, next } = cutPage(found, limit, positionOf(sort))
        const usages = await deps.inTurn(() => deps.usagesOf(items.map(({ id }) => id)))
        const projects = items.flatMap((standing, i) => {
          const usage = usages[i]
          return usage === undefined ? [] : [view(usage, standing)]
        })
        return { projects, next }
      },
    })

    app.get('/v1/projects/:id', {
      schema: {
        tags: ['usage'],
        summary: 'One project',
        params: ById,
        response: { 200: Project, '4xx': Problem, '5xx': Problem },
      },
      handler: async (request) => {
        const usage = await index.usage(request.params.id)
        if (usage === undefined) throw unknown(request.params.id)
        return view(usage, await flags.get(request.params.id))
      },
    })

    app.get('/v1/projects/:id/tags', {
      schema: {
        tags: ['usage'],
        summary: "A project's tags, by repository and name",
        params: ById,
        querystring: pageQuery({ repository: Type.Optional(Type.String()) }),
        response: { 200: pageOf({ tags: Type.Array(Tag) }), '4xx': Problem, '5xx': Problem },
      },
      handler: ({ params: { id }, query: { limit, cursor, repository } }) =>
        deps.inTurn(async () => {
          if ((await index.usage(id)) === undefined) throw unknown(id)
          const after = decodeCursor(TagPosition, cursor)
          const found = await tagsFrom(index, id, { repository, after, limit: limit + 1 })
          const { items, next } = cutPage(found, limit, ({ repository, tag }) => [repository, tag])
          return { tags: items.map(tagView), next }
        }),
    })

    app.get('/v1/flags', {
      schema: {
        tags: ['usage'],
        summary: 'Projects whose flag is not ok, by id',
        querystring: pageQuery({
          registry: Type.Optional(Type.String()),
          flag: Type.Optional(Type.Enum(RAISED)),
        }),
        response: {
          200: pageOf({ flags: Type.Array(RaisedFlag) }),
          '4xx': Problem,
          '5xx': Problem,
        },
      },
      handler: async ({ query: { limit, cursor, registry, flag } }) => {
        const sort = 'name'
        const after = decodeCursor(positionIn(sort), cursor)
        const flags = flag === undefined ? RAISED : [flag]
        const found = (await deps.standings()).select({
          ...{ sort, after, registry, flags, limit: limit + 1 },
        })
        const { items, next } = cutPage(found, limit, positionOf(sort))
        return { flags: items.map(({ id, flag, since }) => ({ project: id, flag, since })), next }
      },
    })
  }

const positionIn = (sort: Sort) => Type.Tuple([Type.Literal(sort), Type.Number(), Type.String()])

/** An id with plain slashes swallows what should be below the project. */
const unknown = (id: string) => {
  const [, project, below] = /^(.+)\/(tags|reclaimable)$/.exec(id) ?? []
  const hint = below === undefined ? 'an id is registry/path' : `its ${below} are at ${project}/-/${below}`
  return new HttpError(404, `there is no project "${id}": ${hint}`)
}

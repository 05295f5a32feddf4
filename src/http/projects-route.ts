import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { formatTimestamp } from '../platform/timestamp.ts'
import { Flag, QuotaOverride } from '../queue/alert.ts'
import { projectSubject } from '../queue/quota-subject.ts'
import type { FlagState } from '../quota/evaluate.ts'
import type { Flags } from '../quota/flags.ts'
import type { QuotaInForce, QuotasInForce } from '../quota/in-force.ts'
import { positionOf, SORTS, type Sort, type Standings } from '../quota/standings.ts'
import type { ProjectUsage } from '../usage/usage.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import { cutPage, decodeCursor, pageOf, pageQuery } from './page.ts'
import { Problem } from './problem.ts'
import type { Roles } from './roles.ts'
import { Tag, tagsFrom, tagView } from './tags.ts'
import type { InTurn } from './turns.ts'
import { unknownProject } from './unknown-project.ts'

const bytes = (description: string) => Type.Integer({ minimum: 0, description })
const count = (description: string) => Type.Integer({ description })
const instant = (description: string) =>
  Type.Union([Type.String({ format: 'date-time' }), Type.Null()], { description })

export const Project = Type.Object({
  id: Type.String({ description: 'registry/path' }),
  uniqueBytes: bytes('The bytes that it holds, each content counted once. The quota counts these.'),
  referencedBytes: bytes(
    'The sizes of its manifests, with their configs and layers. Shared content counts each time.',
  ),
  exclusiveBytes: bytes('The unique bytes that no other project of the registry holds.'),
  unreferencedBytes: bytes('The bytes of uploaded content that no manifest references.'),
  manifests: count('Manifests. One that is in two repositories counts twice.'),
  tags: count('Tags.'),
  repositories: count('Repositories with a manifest.'),
  unresolved: Type.Integer({
    description:
      'Manifests whose references, or whose subject, are not known yet. Until then the sizes may be too small.',
  }),
  pulls: count('Pulls of its manifests, without those by scanners.'),
  scans: Type.Integer({ description: 'Pulls by scanners.' }),
  lastPushAt: instant('When something was last pushed. Null if it is not known.'),
  lastPushedBy: Type.Union([Type.String(), Type.Null()], {
    description: 'Who made the last push. Null if it is not known.',
  }),
  lastPullAt: instant('When something was last pulled. Null if no pull is known.'),
  limitBytes: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
    description: 'The limit of its quota. Null if it has none.',
  }),
  limitMeasure: Type.Union([Type.String(), Type.Null()], {
    description:
      'Which bytes the limit is about: `unique`, `exclusive`, `referenced`, `tagged` or `stored`. Null if there is none.',
  }),
  override: Type.Union([QuotaOverride, Type.Null()], {
    description: 'What a person has set at run time, and the limit is of. Null if that is configured.',
  }),
  flag: Flag,
  flagSince: instant('Since when it has this flag. Null if it never had another.'),
})

const ListedProject = Type.Object({
  ...Project.properties,
  growthBytes: Type.Optional(
    Type.Union([Type.Integer(), Type.Null()], {
      description:
        'By how much the unique bytes changed in a week; of a younger project, since its begin. Null if that is not known. Only with `growth`.',
    }),
  ),
})

const TagPosition = Type.Tuple([Type.String(), Type.String()], { description: 'repository and tag' })

const ofRegistry = Type.Optional(Type.String({ description: 'Only projects of this registry.' }))

const FLAGS: Flag[] = ['ok', 'warning', 'over']

const ById = Type.Object({
  id: Type.String({
    description:
      'registry/path, URL-encoded. It may have plain slashes; then `/-/` must precede what is below it, as in `/v1/projects/ci/team-a/app/-/tags`.',
  }),
})

export const projectsRoute =
  (deps: {
    index: UsageIndex
    flags: Pick<Flags, 'ofProject'>
    inForce: Pick<QuotasInForce, 'of' | 'ofProjects'>
    /** All projects in their orders, as of a moment ago. */
    standings: () => Promise<Standings>
    /** The same with their growth: the histories of all projects are read for it, once an hour. */
    withGrowth: () => Promise<Standings>
    usagesOf: (ids: readonly string[]) => Promise<(ProjectUsage | undefined)[]>
    roles: Roles
    inTurn: InTurn
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { index, flags } = deps
    const ofProject = deps.roles.project('read')

    const view = (
      usage: ProjectUsage,
      state: Pick<FlagState, 'flag' | 'since'>,
      inForce: QuotaInForce | undefined,
    ) => ({
      ...usage,
      lastPushAt: formatTimestamp(usage.lastPushAt),
      lastPushedBy: usage.lastPushedBy || null,
      lastPullAt: formatTimestamp(usage.lastPullAt),
      limitBytes: inForce?.quota.limit ?? null,
      limitMeasure: inForce?.quota.limit === undefined ? null : inForce.quota.measure,
      override: inForce?.override ?? null,
      flag: state.flag,
      flagSince: state.since,
    })

    app.get('/v1/projects', {
      onRequest: deps.roles.within('read'),
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
              '`unique`, `exclusive`: the most bytes first. `growth`: those first whose unique bytes grew most in a week. `flag`: `over` first, then `warning`. `name`: by id. `tags`: the most first. `pushed`: the last push first. `idle`: those first that were neither pushed nor pulled for longest.',
          }),
          growth: Type.Boolean({
            default: false,
            description: 'Whether to tell the growth of each project.',
          }),
          registry: ofRegistry,
          flag: Type.Optional(Flag),
          search: Type.Optional(Type.String({ description: 'A text in the id, in any case.' })),
        }),
        response: {
          200: pageOf({ projects: Type.Array(ListedProject, { description: 'The projects of the page.' }) }),
          '4xx': Problem,
          '5xx': Problem,
        },
      },
      handler: async ({ access, query: { limit, cursor, sort, growth, registry, flag, search } }) => {
        const after = decodeCursor(positionIn(sort), cursor)
        const flags = flag === undefined ? FLAGS : [flag]
        const standings = await (growth || sort === 'growth' ? deps.withGrowth() : deps.standings())
        const found = standings.select({
          ...{ sort, after, registry, flags, search, limit: limit + 1, sees: access.sees },
        })
        const { items, next } = cutPage(found, limit, positionOf(sort))
        const ids = items.map(({ id }) => id)
        const usages = await deps.inTurn(() => deps.usagesOf(ids))
        const quotas = await deps.inForce.ofProjects(ids)
        const projects = items.flatMap((standing, i) => {
          const usage = usages[i]
          if (usage === undefined) return []
          const { growthBytes = null } = standing
          return [{ ...view(usage, standing, quotas.get(usage.id)), ...(growth && { growthBytes }) }]
        })
        return { projects, next }
      },
    })

    app.get('/v1/projects/:id', {
      onRequest: ofProject,
      schema: {
        tags: ['usage'],
        summary: 'One project',
        params: ById,
        response: { 200: Project, '4xx': Problem, '5xx': Problem },
      },
      handler: async (request) => {
        const usage = await index.usage(request.params.id)
        if (usage === undefined) throw unknownProject(request.params.id)
        const { id } = request.params
        return view(usage, await flags.ofProject(id), await deps.inForce.of(projectSubject(id)))
      },
    })

    app.get('/v1/projects/:id/tags', {
      onRequest: ofProject,
      schema: {
        tags: ['usage'],
        summary: "A project's tags, by repository and name",
        params: ById,
        querystring: pageQuery({
          repository: Type.Optional(Type.String({ description: 'Only tags of this repository.' })),
        }),
        response: {
          200: pageOf({ tags: Type.Array(Tag, { description: 'The tags of the page.' }) }),
          '4xx': Problem,
          '5xx': Problem,
        },
      },
      handler: ({ params: { id }, query: { limit, cursor, repository } }) =>
        deps.inTurn(async () => {
          if ((await index.usage(id)) === undefined) throw unknownProject(id)
          const after = decodeCursor(TagPosition, cursor)
          const found = await tagsFrom(index, id, { repository, after, limit: limit + 1 })
          const { items, next } = cutPage(found, limit, ({ repository, tag }) => [repository, tag])
          return { tags: items.map(tagView), next }
        }),
    })
  }

const positionIn = (sort: Sort) => Type.Tuple([Type.Literal(sort), Type.Number(), Type.String()])

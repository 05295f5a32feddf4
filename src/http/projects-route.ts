import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { formatTimestamp } from '../platform/timestamp.ts'
import { Flag } from '../queue/alert.ts'
import type { Quota } from '../quota/evaluate.ts'
import type { FlagState, Flags } from '../quota/flags.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import type { ProjectUsage } from '../usage/usage.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import { HttpError, Problem } from './problem.ts'
import type { Roles } from './roles.ts'

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
  lastPullAt: Instant,
  limitBytes: Type.Union([Bytes, Type.Null()]),
  flag: Flag,
  flagSince: Instant,
})

const Tag = Type.Object({
  repository: Type.String(),
  tag: Type.String(),
  digest: Type.String(),
  mediaType: Type.String(),
  sizeBytes: Type.Integer({
    description: 'The size of the manifest with its config and layers. For an index: its own size only.',
  }),
  taggedAt: Instant,
  lastPullAt: Instant,
})

const ById = Type.Object({ id: Type.String({ description: 'registry/path, URL-encoded' }) })

export const projectsRoute =
  (deps: {
    index: UsageIndex
    flags: Flags
    quotaOf: (project: string) => Quota | undefined
    registries: readonly string[]
    roles: Roles
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { index, flags } = deps
    app.addHook('onRequest', deps.roles.read)

    const view = (usage: ProjectUsage, state: FlagState) => ({
      ...usage,
      lastPushAt: formatTimestamp(usage.lastPushAt),
      lastPullAt: formatTimestamp(usage.lastPullAt),
      limitBytes: deps.quotaOf(usage.id)?.limit ?? null,
      flag: state.flag,
      flagSince: state.since,
    })

    app.get('/v1/projects', {
      schema: {
        tags: ['usage'],
        summary: 'All projects with their usage, the largest first',
        querystring: Type.Object({ registry: Type.Optional(Type.String()) }),
        response: { 200: Type.Object({ projects: Type.Array(Project) }), '4xx': Problem, '5xx': Problem },
      },
      handler: async (request) => {
        const wanted = deps.registries.filter((name) => (request.query.registry ?? name) === name)
        const ids = (await Promise.all(wanted.map((name) => index.projects(name)))).flat()
        const [usages, states] = await Promise.all([
          Promise.all(ids.map((id) => index.usage(id))),
          flags.getMany(ids),
        ])
        const projects = usages.flatMap((usage, i) => {
          const state = states[i]
          return usage && state ? [view(usage, state)] : []
        })
        return { projects: projects.sort((a, b) => b.uniqueBytes - a.uniqueBytes) }
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
        summary: "A project's tags",
        params: ById,
        response: { 200: Type.Object({ tags: Type.Array(Tag) }), '4xx': Problem, '5xx': Problem },
      },
      handler: async (request) => {
        const { id } = request.params
        if ((await index.usage(id)) === undefined) throw unknown(id)
        const images: IndexedImage[] = []
        for (const repository of await index.repositories(id))
          images.push(...(await index.images(id, repository)))
        const tags = images.flatMap(({ repository, digest, mediaType, totalSize, pulledAt, tags }) =>
          tags.map(({ name, taggedAt }) => ({
            ...{ repository, tag: name, digest, mediaType, sizeBytes: totalSize },
            ...{ taggedAt: formatTimestamp(taggedAt), lastPullAt: formatTimestamp(pulledAt) },
          })),
        )
        const order = (tag: { repository: string; tag: string }) => `${tag.repository}:${tag.tag}`
        return { tags: tags.sort((a, b) => (order(a) < order(b) ? -1 : 1)) }
      },
    })

    app.get('/v1/flags', {
      schema: {
        tags: ['usage'],
        summary: 'Projects whose flag is not ok',
        response: {
          200: Type.Object({
            flags: Type.Array(Type.Object({ project: Type.String(), flag: Flag, since: Instant })),
          }),
          '4xx': Problem,
          '5xx': Problem,
        },
      },
      handler: async () => {
        const raised = await flags.raised()
        return {
          flags: raised.map(({ project, state }) => ({ project, flag: state.flag, since: state.since })),
        }
      },
    })
  }

const unknown = (id: string) =>
  new HttpError(404, `there is no project "${id}": expected registry/path, URL-encoded`)

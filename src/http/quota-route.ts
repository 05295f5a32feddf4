import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Audit } from '../expiry/audit.ts'
import { parseSize } from '../platform/units.ts'
import { QuotaOverride } from '../queue/alert.ts'
import { projectSubject } from '../queue/quota-subject.ts'
import type { QuotasInForce } from '../quota/in-force.ts'
import type { Overrides } from '../quota/overrides.ts'
import { isProjectPath, splitProjectId } from '../usage/project.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import { askedBy } from './asked-by.ts'
import { By, durationOf, read, Why } from './asked-for.ts'
import { HttpError, Problem } from './problem.ts'
import { type QuotaView, quotaFields } from './quota-view.ts'
import type { Roles } from './roles.ts'
import { unknownProject } from './unknown-project.ts'

const errors = { '4xx': Problem, '5xx': Problem }

const params = Type.Object({ id: Type.String({ description: 'The project, `registry/path`, URL-encoded.' }) })

const orNull = (description: string) => Type.Union([Type.Number(), Type.Null()], { description })

export const ProjectQuotaView = Type.Object({
  id: Type.String({ description: 'registry/path' }),
  ...quotaFields,
  configuredLimitBytes: orNull('The limit in bytes of the configuration. Null if it has none.'),
  override: Type.Union([QuotaOverride, Type.Null()], {
    description: 'What a person has set at run time. Null if nothing is set.',
  }),
})

/** The quota of a project: what it is, and how people change it at run time. */
export const quotaRoute =
  (deps: {
    index: Pick<UsageIndex, 'usage'>
    inForce: Pick<QuotasInForce, 'of'>
    quotaView: QuotaView
    /** The limit in bytes of the configuration. */
    configuredLimit: (project: string) => number | undefined
    overrides: Pick<Overrides, 'set' | 'remove'>
    recheck: (project: string) => Promise<unknown>
    /** The names of those that are configured. */
    registries: readonly string[]
    /** Whether names of people are kept, as configured now. */
    keepsNames: () => boolean
    audit: Audit
    roles: Roles
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { roles, overrides } = deps

    const view = async (id: string) => ({
      ...{ id, configuredLimitBytes: deps.configuredLimit(id) ?? null },
      ...(await deps.quotaView(projectSubject(id))),
    })

    app.get('/v1/projects/:id/quota', {
      onRequest: roles.project('read'),
      schema: {
        tags: ['usage'],
        summary: 'The quota of a project, how much of it is used, and its flag',
        params,
        response: { 200: ProjectQuotaView, ...errors },
      },
      handler: async ({ params: { id } }) => {
        if (
          (await deps.index.usage(id)) === undefined &&
          (await deps.inForce.of(projectSubject(id))) === undefined
        )
          throw unknownProject(id)
        return view(id)
      },
    })

    app.put('/v1/projects/:id/quota', {
      onRequest: roles.project('admin'),
      schema: {
        tags: ['usage'],
        summary: 'Set the limit of a project at run time, in place of that of the configuration',
        description:
          'It holds at once, in every process, and takes the place of one that was set before. The flag is looked at anew, also when it ends.',
        params,
        body: Type.Object(
          {
            limit: Type.Union(
              [Type.String({ 'x-expected': 'a size such as 80GiB, or bytes' }), Type.Integer()],
              {
                description: 'The limit, such as 80GiB. A number is bytes.',
              },
            ),
            for: Type.Optional(
              Type.String({ description: 'For how long, such as 7d. Default: until it is removed.' }),
            ),
            why: Why(),
            by: By,
          },
          { additionalProperties: false },
        ),
        response: { 200: ProjectQuotaView, ...errors },
      },
      handler: async (request) => {
        const { body, log, params } = request
        checkProject(params.id)
        const now = Date.now()
        const limit = read('limit', 'size', () => parseSize(String(body.limit)))
        const forMs = body.for === undefined ? undefined : durationOf(body.for)
        const by = deps.keepsNames() ? (body.by ?? null) : null
        const override: QuotaOverride = {
          ...{ limit, by, why: body.why ?? null, since: new Date(now).toISOString() },
          until: forMs === undefined ? null : new Date(now + forMs).toISOString(),
        }
        await overrides.set(params.id, override)
        await deps.recheck(params.id)
        const { why, until } = override
        log.info({ project: params.id, limit, until }, `the limit of ${params.id} was set to ${limit} bytes`)
        await note('quota.set', params.id, askedBy(request, by), {
          counts: { limitBytes: limit },
          ...(why !== null && { why }),
          ...(until !== null && { until }),
        })
        return view(params.id)
      },
    })

    app.delete('/v1/projects/:id/quota', {
      onRequest: roles.project('admin'),
      schema: {
        tags: ['usage'],
        summary: 'Remove what was set at run time: the configuration counts again',
        params,
        response: { 200: ProjectQuotaView, ...errors },
      },
      handler: async (request) => {
        const { id } = request.params
        if (!(await overrides.remove(id))) throw new HttpError(404, `nobody has set a limit for "${id}"`)
        await deps.recheck(id)
        request.log.info({ project: id }, `the limit of ${id} is that of the configuration again`)
        await note('quota.cleared', id, askedBy(request))
        return view(id)
      },
    })

    const note = (action: string, project: string, by: string, more: object = {}) =>
      deps.audit({ registry: splitProjectId(project).registry, project, by, ...more, action })

    /** A project that is to be pushed may get a quota before. @throws HttpError */
    function checkProject(id: string): void {
      const { registry, path } = splitProjectId(id)
      if (!isProjectPath(path) || !deps.registries.includes(registry))
        throw new HttpError(
          404,
          `"${id}" is not a project: expected registry/path; configured registries: ${deps.registries.join(', ')}`,
        )
    }
  }

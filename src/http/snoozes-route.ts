import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { Snooze, type Snoozes } from '../alerts/snoozes.ts'
import type { Audit } from '../expiry/audit.ts'
import { isProjectPath, splitProjectId } from '../usage/project.ts'
import { askedBy } from './asked-by.ts'
import { By, durationOf, Why } from './asked-for.ts'
import { HttpError, Problem } from './problem.ts'
import type { Roles } from './roles.ts'

const errors = { '4xx': Problem, '5xx': Problem }

/** What people say: a line, not an essay. */
/** A snooze that lasts longer is forgotten by those who asked for it. */
const LONGEST = '90d'

/** Projects whose alerts are not sent for a time. */
export const snoozesRoute =
  (deps: {
    snoozes: Snoozes
    /** The names of those that are configured. */
    registries: readonly string[]
    /** Whether names of people are kept, as configured now. */
    keepsNames: () => boolean
    audit: Audit
    roles: Roles
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { snoozes, roles } = deps

    app.get('/v1/alerts/snoozes', {
      onRequest: roles.within('read'),
      schema: {
        tags: ['alerts'],
        summary: 'Projects whose alerts are not sent for a time',
        response: {
          200: Type.Object({ snoozes: Type.Array(Snooze, { description: 'All of them, by project.' }) }),
          ...errors,
        },
      },
      handler: async ({ access }) => ({
        snoozes: (await snoozes.list()).filter(({ project }) => access.sees(project)),
      }),
    })

    app.put('/v1/alerts/snoozes/:project', {
      onRequest: roles.project('expire', 'project'),
      schema: {
        tags: ['alerts'],
        summary: 'Send no alerts about a project for a time',
        description:
          'The alerts are recorded. At the end of the time, the state of the project is told if it was not told before. It takes the place of an earlier snooze of the project.',
        params: Type.Object({ project: Snooze.properties.project }),
        body: Type.Object(
          {
            for: Type.String({ description: 'For how long, such as 3d; 90d at most.' }),
            why: Why(),
            by: By,
          },
          { additionalProperties: false },
        ),
        response: { 200: Snooze, ...errors },
      },
      handler: async (request) => {
        const { params, body, log } = request
        checkProject(params.project)
        const by = deps.keepsNames() ? (body.by ?? null) : null
        const wanted = { project: params.project, by, why: body.why ?? null }
        const snooze = await snoozes.add(wanted, durationOf(body.for, LONGEST))
        log.info({ project: snooze.project, until: snooze.until }, `snoozed: ${snooze.project}`)
        await deps.audit({
          ...noteOf(snooze),
          action: 'snooze.added',
          by: askedBy(request, by),
        })
        return snooze
      },
    })

    app.delete('/v1/alerts/snoozes/:project', {
      onRequest: roles.project('expire', 'project'),
      schema: {
        tags: ['alerts'],
        summary: 'End a snooze',
        description: 'Within about a minute, the state of the project is told if it was not told before.',
        params: Type.Object({ project: Snooze.properties.project }),
        response: { 200: Snooze, ...errors },
      },
      handler: async (request) => {
        const { project } = request.params
        const snooze = await snoozes.remove(project)
        if (snooze === undefined)
          throw new HttpError(404, `${project} is not snoozed: GET /v1/alerts/snoozes lists those that are`)
        request.log.info({ project }, 'a snooze was ended')
        await deps.audit({ ...noteOf(snooze), action: 'snooze.removed', by: askedBy(request) })
        return snooze
      },
    })

    function checkProject(project: string): void {
      const { registry, path } = splitProjectId(project)
      if (!deps.registries.includes(registry) || !isProjectPath(path))
        throw new HttpError(
          400,
          `"${project}" is not a project: expected registry/path; registries: ${deps.registries.join(', ')}`,
        )
    }
  }

const noteOf = ({ project, until, why }: Snooze) => ({
  registry: splitProjectId(project).registry,
  project,
  until,
  ...(why !== null && { why }),
})

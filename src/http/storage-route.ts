import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { Finding } from '../doctor/finding.ts'
import { JobAsked } from '../queue/job-status.ts'
import type { Queues } from '../queue/queues.ts'
import { askSurvey } from '../space/ask-survey.ts'
import { StorageReport } from '../space/report.ts'
import type { Surveys } from '../space/surveys.ts'
import { HttpError, Problem } from './problem.ts'
import { registryNamed } from './registry-named.ts'
import type { Roles } from './roles.ts'

const errors = { '4xx': Problem, '5xx': Problem }

/** What the storage of a registry holds. `GET /v1/jobs/storage/:id` tells how far a survey is. */
export const storageRoute =
  (deps: {
    registries: readonly { name: string; storage?: unknown }[]
    surveys: Pick<Surveys, 'last'>
    /** What would bite in the storage of a registry that has one. */
    diagnoseStorage: (registry: string) => Promise<Finding[]>
    queues: Queues
    roles: Roles
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const params = Type.Object({ name: Type.String({ description: 'The name of the registry.' }) })

    /** @throws HttpError 404 if there is no such registry, 409 if its storage is not configured */
    function requireStorage(name: string): void {
      const registry = registryNamed(deps.registries, name)
      if (registry.storage === undefined)
        throw new HttpError(
          409,
          `Tallyman does not know the storage of "${name}": set registries.${name}.storage in the configuration`,
        )
    }

    app.get('/v1/registries/:name/storage', {
      onRequest: deps.roles.read,
      schema: {
        tags: ['registries'],
        summary:
          'What the storage of a registry holds, as of the last survey, and what a collection of garbage would free',
        params,
        response: { 200: StorageReport, ...errors },
      },
      handler: async ({ params: { name } }) => {
        requireStorage(name)
        const report = await deps.surveys.last(name)
        if (report !== undefined) return report
        throw new HttpError(
          404,
          `the storage of "${name}" was not surveyed yet: tallyman storage report ${name} --survey, or POST /v1/registries/${name}/storage, asks for it`,
        )
      },
    })

    app.post('/v1/registries/:name/storage', {
      onRequest: deps.roles.admin,
      schema: {
        tags: ['registries'],
        summary: 'Survey the storage of a registry',
        description:
          'It lists the whole storage and reads each manifest once. Who asks while a survey waits joins it.',
        params,
        response: { 202: JobAsked, ...errors },
      },
      handler: async ({ params: { name } }, reply) => {
        requireStorage(name)
        const id = await askSurvey(deps.queues, name)
        return reply.code(202).send({ job: { queue: 'storage', id } })
      },
    })

    app.get('/v1/registries/:name/storage/doctor', {
      onRequest: deps.roles.read,
      schema: {
        tags: ['registries'],
        summary: 'What in the storage of a registry would bite, and what to do about it',
        description:
          'It asks the store for its settings and looks at a few objects, which may take a minute. Nothing is written: rights are tried with requests that the store refuses. Findings are up to 10 s old. docs/storage-doctor.md has the rules.',
        params,
        response: {
          200: Type.Object({
            ok: Type.Boolean({ description: 'Whether no finding is an error.' }),
            findings: Type.Array(Finding, { description: 'What was found, the worst first.' }),
          }),
          ...errors,
        },
      },
      handler: async ({ params: { name } }) => {
        requireStorage(name)
        const findings = await deps.diagnoseStorage(name)
        return { ok: findings.every(({ level }) => level !== 'error'), findings }
      },
    })
  }

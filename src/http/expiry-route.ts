import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { Decision, type ExpiryRun, ExpiryRun as Run } from '../expiry/decision.ts'
import type { Expiry } from '../expiry/expire.ts'
import type { Queues } from '../queue/queues.ts'
import type { Journal } from '../store/journal.ts'
import { HttpError, Problem } from './problem.ts'
import type { Roles } from './roles.ts'

const errors = { '4xx': Problem, '5xx': Problem }

/** The plans of the expiry policies, the records of their runs, and a way to run one now. */
export const expiryRoute =
  (deps: {
    expiry: Expiry
    policies: readonly string[]
    dryRun: boolean
    runs: Journal<ExpiryRun>
    queues: Queues
    roles: Roles
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const wanted = (policy: string | undefined): readonly string[] => {
      if (policy === undefined) return deps.policies
      if (deps.policies.includes(policy)) return [policy]
      throw new HttpError(404, `no policy "${policy}"; configured: ${deps.policies.join(', ') || 'none'}`)
    }

    app.get('/v1/expiry/plan', {
      onRequest: deps.roles.read,
      schema: {
        tags: ['expiry'],
        summary: 'What the policies would do now, image by image, with reasons',
        querystring: Type.Object({ policy: Type.Optional(Type.String()) }),
        response: {
          200: Type.Object({
            plans: Type.Array(Type.Object({ policy: Type.String(), decisions: Type.Array(Decision) })),
          }),
          ...errors,
        },
      },
      handler: async (request) => {
        const plans = wanted(request.query.policy).map(async (policy) => ({
          policy,
          decisions: await deps.expiry.plan(policy),
        }))
        return { plans: await Promise.all(plans) }
      },
    })

    app.get('/v1/expiry/runs', {
      onRequest: deps.roles.read,
      schema: {
        tags: ['expiry'],
        summary: 'Runs of the policies, newest first',
        querystring: Type.Object({ limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }) }),
        response: { 200: Type.Object({ runs: Type.Array(Run) }), ...errors },
      },
      handler: async (request) => ({ runs: await deps.runs.recent(request.query.limit) }),
    })

    app.post('/v1/expiry/runs', {
      onRequest: deps.roles.admin,
      schema: {
        tags: ['expiry'],
        summary: 'Run a policy now',
        description:
          'With `dryRun: true` in the configuration every run is a dry run, whatever the request says.',
        body: Type.Object(
          { policy: Type.String(), dryRun: Type.Boolean({ default: false }) },
          { additionalProperties: false },
        ),
        response: { 202: Type.Object({ job: Type.String(), dryRun: Type.Boolean() }), ...errors },
      },
      handler: async (request, reply) => {
        const [policy = ''] = wanted(request.body.policy)
        const dryRun = deps.dryRun || request.body.dryRun
        const job = await deps.queues.expiry.add('expiry', { policy, dryRun })
        return reply.code(202).send({ job: job.id ?? '', dryRun })
      },
    })
  }

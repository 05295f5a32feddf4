import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { Decision, Deleted, RunSummary } from '../expiry/decision.ts'
import type { Expiry } from '../expiry/expire.ts'
import type { ExpiryRuns } from '../expiry/runs.ts'
import type { Queues } from '../queue/queues.ts'
import { JournalPosition } from '../store/journal.ts'
import { cutPage, decodeCursor, encodeCursor, pageOf, pageQuery } from './page.ts'
import { HttpError, Problem } from './problem.ts'
import type { Roles } from './roles.ts'
import type { InTurn } from './turns.ts'

const errors = { '4xx': Problem, '5xx': Problem }

/** The plans of the expiry policies, the records of their runs, and a way to run one now. */
export const expiryRoute =
  (deps: {
    expiry: Expiry
    policies: readonly string[]
    dryRun: boolean
    runs: ExpiryRuns
    queues: Queues
    roles: Roles
    inTurn: InTurn
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
      handler: (request) =>
        deps.inTurn(async () => {
          const plans = wanted(request.query.policy).map(async (policy) => ({
            policy,
            decisions: await deps.expiry.plan(policy),
          }))
          return { plans: await Promise.all(plans) }
        }),
    })

    app.get('/v1/expiry/runs', {
      onRequest: deps.roles.read,
      schema: {
        tags: ['expiry'],
        summary: 'Runs of the policies, newest first',
        querystring: pageQuery({}),
        response: { 200: pageOf({ runs: Type.Array(RunSummary) }), ...errors },
      },
      handler: async ({ query: { limit, cursor } }) => {
        const found = await deps.runs.recent(limit + 1, decodeCursor(JournalPosition, cursor))
        const { items, next } = cutPage(found, limit, deps.runs.positionOf)
        return { runs: items, next }
      },
    })

    app.get('/v1/expiry/runs/:id/deletes', {
      onRequest: deps.roles.read,
      schema: {
        tags: ['expiry'],
        summary: 'The images that a run deleted, or a dry run would delete, in the order of the run',
        params: Type.Object({ id: Type.String({ pattern: '^[A-Za-z0-9_-]+$', maxLength: 100 }) }),
        querystring: pageQuery({}),
        response: { 200: pageOf({ deletes: Type.Array(Deleted) }), ...errors },
      },
      handler: async ({ params: { id }, query: { limit, cursor } }) => {
        const from = decodeCursor(Type.Integer({ minimum: 0 }), cursor) ?? 0
        const found = await deps.inTurn(() => deps.runs.deletes(id, from, limit + 1))
        if (found === undefined)
          throw new HttpError(404, `there is no run "${id}": GET /v1/expiry/runs lists them`)
        return {
          deletes: found.slice(0, limit),
          next: found.length > limit ? encodeCursor(from + limit) : null,
        }
      },
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

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Metrics } from '../platform/metrics.ts'
import { Problem, sendProblem } from './problem.ts'

/** Routes for orchestrators and Prometheus. They need no token. Only the metrics tell of projects (`metrics.projects`). */
export const healthRoute =
  (deps: {
    metrics: Metrics
    /** What operators should know though requests are served. @throws an error that says why they cannot be served */
    ready: () => Promise<{ warnings: readonly string[] }>
    /** Updates the gauges that are read from Redis. Leaves those as they are that cannot be read. */
    observe: () => Promise<void>
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const Ok = Type.Literal('ok', { description: 'It is; otherwise there is no answer, or another status.' })
    const Status = Type.Object({ status: Ok })
    const Ready = Type.Object({
      status: Ok,
      warnings: Type.Array(Type.String(), { description: 'What may lose data later.' }),
    })

    app.get('/livez', {
      schema: { tags: ['health'], security: [], summary: 'The process runs', response: { 200: Status } },
      handler: async () => ({ status: 'ok' as const }),
    })

    app.get('/readyz', {
      schema: {
        tags: ['health'],
        security: [],
        summary: 'Requests can be served',
        response: { 200: Ready, 503: Problem },
      },
      handler: async (_, reply) => {
        try {
          const { warnings } = await deps.ready()
          return { status: 'ok' as const, warnings: [...warnings] }
        } catch (error) {
          return sendProblem(reply, 503, error instanceof Error ? error.message : String(error))
        }
      },
    })

    app.get('/metrics', {
      schema: {
        tags: ['health'],
        security: [],
        summary: 'Prometheus metrics',
        response: { 200: Type.String() },
      },
      handler: async (_, reply) => {
        await deps.observe()
        return reply.type(deps.metrics.registry.contentType).send(await deps.metrics.registry.metrics())
      },
    })
  }

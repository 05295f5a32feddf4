import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { NotAnEnvelope } from '../events/envelope.ts'
import { makeIdentify } from '../events/identify.ts'
import { type Intake, IntakeBusy } from '../events/intake.ts'
import type { DirectDeliveries } from './direct-deliveries.ts'
import { HttpError, Problem } from './problem.ts'

export const EVENTS_PATH = '/v1/events'

/** distribution 2 and GitLab; distribution 3; Azure and tests (docs/registries.md, Events). */
const MEDIA_TYPES = [
  'application/vnd.docker.distribution.events.v1+json',
  'application/vnd.docker.distribution.events.v2+json',
  'application/json',
]

/**
 * Where registries deliver. A refusal blocks every later event of that registry, so only what is no envelope at all is
 * refused; an event that cannot be understood is accepted and put in quarantine by the worker. What was admitted here once
 * is taken from its connection directly the next time (direct-deliveries).
 */
export const eventsRoute =
  (deps: {
    intake: Pick<Intake, 'receive'>
    tokens: readonly { name: string; token: string }[]
    direct: Pick<DirectDeliveries, 'learn'>
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const identify = makeIdentify(deps.tokens)
    app.removeAllContentTypeParsers()
    app.addContentTypeParser(MEDIA_TYPES, { parseAs: 'buffer' }, (_, body, done) => done(null, body))
    app.addContentTypeParser('*', (_, __, done) =>
      done(new HttpError(415, `the Content-Type is not known: expected one of ${MEDIA_TYPES.join(', ')}`)),
    )

    app.post(EVENTS_PATH, {
      schema: {
        tags: ['intake'],
        summary: 'Take a registry notification',
        description: `The webhook token of the configuration says which registry it is. Media types: ${MEDIA_TYPES.join(', ')}.`,
        response: {
          202: Type.Null({ description: 'Redis has the events.' }),
          '4xx': Problem,
          '5xx': Problem,
        },
      },
      onRequest: async ({ headers }, reply) => {
        if (identify(headers.authorization) !== undefined) return
        void reply.header('www-authenticate', 'Bearer')
        throw new HttpError(
          401,
          'expected "Authorization: Bearer" with the webhook token of a configured registry',
        )
      },
      handler: async ({ raw, body }, reply) => {
        const registry = identify(raw.headers.authorization) ?? ''
        deps.direct.learn(raw, registry)
        // Without Content-Type and Content-Length there is none.
        const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0)
        await deps.intake.receive(registry, bytes).catch((error) => Promise.reject(inHttp(error)))
        // No body: registries read none.
        return reply.code(202).send(undefined as never)
      },
    })
  }

/** Why a delivery is not taken, with its status. */
export function inHttp(error: Error): Error {
  if (error instanceof NotAnEnvelope) return new HttpError(400, error.message)
  return error instanceof IntakeBusy ? new HttpError(503, error.message) : error
}

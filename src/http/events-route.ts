import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Intake } from '../events/intake.ts'
import type { Refusals } from '../events/refusals.ts'
import type { Metrics } from '../platform/metrics.ts'
import { Problem } from './problem.ts'
import { RefusedDelivery, told, toRefusal } from './refused-delivery.ts'

/** distribution 2 and GitLab send the first, distribution 3 the second, Azure the third (docs/registries.md, Events). */
const MEDIA_TYPES = [
  'application/vnd.docker.distribution.events.v1+json',
  'application/vnd.docker.distribution.events.v2+json',
  'application/json',
]

/**
 * The route to which registries deliver. A refused delivery blocks every later event of that registry, so only a body
 * that is no envelope is refused. An event that cannot be understood is accepted, and the worker quarantines it. Room for
 * a body is taken before it is read, and kept until its events are in Redis.
 */
export const eventsRoute =
  (deps: {
    intake: Intake
    refusals: Refusals
    metrics: Pick<Metrics, 'deliverySeconds' | 'deliveryBytes'>
    /** The registry whose webhook token an `Authorization` header holds. */
    registryOf: (authorization: string | undefined) => string | undefined
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.decorateRequest('registry', '')
    app.decorateRequest('from', '')
    app.decorateRequest('giveBackRoom')
    app.removeAllContentTypeParsers()
    app.addContentTypeParser(MEDIA_TYPES, { parseAs: 'buffer' }, (_, body, done) => done(null, body))
    app.addContentTypeParser('*', (_, __, done) =>
      done(
        new RefusedDelivery(
          415,
          'content-type',
          `the Content-Type is not known: expected one of ${MEDIA_TYPES.join(', ')}`,
        ),
      ),
    )
    app.setErrorHandler((error: Error, request) => {
      const refusal = toRefusal(error, request.routeOptions.bodyLimit)
      const registry = request.getDecorator<string>('registry') || undefined
      deps.refusals.note({ registry, from: request.getDecorator('from'), ...told(refusal) })
      throw refusal
    })

    app.addHook('onResponse', async (_, reply) => {
      const outcome = reply.statusCode < 300 ? 'accepted' : 'refused'
      deps.metrics.deliverySeconds.observe({ outcome }, reply.elapsedTime / 1_000)
    })

    app.post('/v1/events', {
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
      onRequest: async (request, reply) => {
        // A sender that goes in the middle is noted later, when its connection has no address any more.
        request.setDecorator('from', request.ip)
        const registry = deps.registryOf(request.headers.authorization)
        if (registry === undefined) {
          void reply.header('www-authenticate', 'Bearer')
          throw new RefusedDelivery(
            401,
            'token',
            'expected "Authorization: Bearer" with the webhook token of a configured registry',
          )
        }
        request.setDecorator('registry', registry)
        const { bodyLimit } = request.routeOptions
        // A body without a length may be as long as the limit.
        const bytes = Math.min(Number(request.headers['content-length'] ?? bodyLimit), bodyLimit)
        const giveBackRoom = deps.intake.admit(registry, bytes)
        request.setDecorator('giveBackRoom', giveBackRoom)
        // Unless the handler runs: it may still hold the body when the sender has gone.
        reply.raw.once('close', giveBackRoom)
      },
      handler: async (request, reply) => {
        // A request with neither Content-Type nor Content-Length has no body.
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
        const giveBackRoom = request.getDecorator<() => void>('giveBackRoom')
        reply.raw.off('close', giveBackRoom)
        deps.metrics.deliveryBytes.observe(body.length)
        await deps.intake.receive(request.getDecorator('registry'), body).finally(giveBackRoom)
        // Registries read no body.
        return reply.code(202).send(undefined as never)
      },
    })
  }

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { makeIdentify } from '../events/identify.ts'
import { type Intake, IntakeBusy } from '../events/intake.ts'
import { HttpError, Problem } from './problem.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The registry whose webhook token the request carries. */
    registry: string
  }
}

/** distribution 2 and GitLab; distribution 3; Azure and tests (REGISTRY-FACTS, Events). */
const MEDIA_TYPES = [
  'application/vnd.docker.distribution.events.v1+json',
  'application/vnd.docker.distribution.events.v2+json',
  'application/json',
]

/**
 * Where registries deliver. A refusal blocks every later event of that registry, so only what is no envelope at
 * all is refused; an event that cannot be understood is accepted and put in quarantine by the worker.
 */
export const eventsRoute =
  (deps: {
    intake: Intake
    bodyLimit: number
    tokens: readonly { name: string; token: string }[]
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const identify = makeIdentify(deps.tokens)
    app.removeAllContentTypeParsers()
    app.addContentTypeParser(
      MEDIA_TYPES,
      { parseAs: 'string', bodyLimit: deps.bodyLimit },
      (_, body, done) => {
        try {
          done(null, readEnvelope(String(body)))
        } catch (error) {
          done(error as HttpError)
        }
      },
    )
    app.decorateRequest('registry', '')

    app.post('/v1/events', {
      bodyLimit: deps.bodyLimit,
      schema: {
        tags: ['intake'],
        summary: 'Take a registry notification',
        description: `The webhook token of the configuration says which registry it is. Media types: ${MEDIA_TYPES.join(', ')}.`,
        response: { 202: Type.Object({ accepted: Type.Integer() }), '4xx': Problem, '5xx': Problem },
      },
      onRequest: async (request, reply) => {
        const registry = identify(request.headers.authorization)
        if (registry === undefined) {
          void reply.header('www-authenticate', 'Bearer')
          throw new HttpError(
            401,
            'expected "Authorization: Bearer" with the webhook token of a configured registry',
          )
        }
        request.registry = registry
      },
      handler: async (request, reply) => {
        const { events, bytes } = envelopeOf(request.body)
        await deps.intake.receive(request.registry, events, bytes).catch((error) => {
          throw error instanceof IntakeBusy ? new HttpError(503, error.message) : error
        })
        return reply.code(202).send({ accepted: events.length })
      },
    })
  }

/** What the body parser makes of a request. */
class Envelope {
  readonly events: unknown[]
  readonly bytes: number
  constructor(events: unknown[], bytes: number) {
    this.events = events
    this.bytes = bytes
  }
}

function readEnvelope(text: string): Envelope {
  const body = parsed(text)
  if (typeof body === 'object' && body !== null && 'events' in body && Array.isArray(body.events))
    return new Envelope(body.events, Buffer.byteLength(text))
  throw new HttpError(400, 'the body is no notification envelope: expected an object with an array "events"')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new HttpError(400, 'the body is not JSON: expected a notification envelope, {"events": […]}')
  }
}

/** A request without a body meets no parser. */
const envelopeOf = (body: unknown): Envelope => (body instanceof Envelope ? body : readEnvelope(''))

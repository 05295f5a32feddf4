import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { makeIdentify } from '../events/identify.ts'
import { type Intake, IntakeBusy } from '../events/intake.ts'
import { isNestedDeeper } from '../events/nesting.ts'
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
 * A notification has five levels. What is deeper than this no registry made, and from some 3,000 on it could not be kept
 * as JSON. Texts of up to twice as many characters need no look.
 */
const LEVELS = 1_500

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
          done(error instanceof HttpError ? error : new HttpError(400, NO_JSON))
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

const NO_JSON = 'the body is not JSON: expected a notification envelope, {"events": […]}'

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
  if (isNestedDeeper(text, LEVELS))
    throw new HttpError(400, `the body is nested more than ${LEVELS} levels deep, as no notification is`)
  const body: unknown = JSON.parse(text)
  if (typeof body === 'object' && body !== null && 'events' in body && Array.isArray(body.events))
    return new Envelope(body.events, Buffer.byteLength(text))
  throw new HttpError(400, 'the body is no notification envelope: expected an object with an array "events"')
}

/** A request without a body meets no parser. */
function envelopeOf(body: unknown): Envelope {
  if (body instanceof Envelope) return body
  throw new HttpError(400, NO_JSON)
}

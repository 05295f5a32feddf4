import type { IncomingMessage, ServerResponse } from 'node:http'
import { NotAnEnvelope } from '../events/envelope.ts'
import { makeIdentify } from '../events/identify.ts'
import { type Intake, IntakeBusy } from '../events/intake.ts'
import { takeBodyOf } from './direct-request.ts'
import { HttpError, PROBLEM_TYPE, type ProblemOf, problem, RETRY_AFTER } from './problem.ts'

export type TakeDelivery = (request: IncomingMessage, response: ServerResponse) => void

/** distribution 2 and GitLab; distribution 3; Azure and tests (REGISTRY-FACTS, Events). */
export const MEDIA_TYPES = [
  'application/vnd.docker.distribution.events.v1+json',
  'application/vnd.docker.distribution.events.v2+json',
  'application/json',
]

/**
 * Answers what registries deliver, on node:http itself: of ten requests nine come here, and Fastify's way from the router to
 * a handler and back took a fifth of their time (docs/performance.md). A refusal blocks every later event of that
 * registry, so only what is no envelope at all is refused; an event that cannot be understood is accepted and put in
 * quarantine by the worker.
 */
export function makeTakeDelivery(deps: {
  intake: Pick<Intake, 'receive'>
  bodyLimit: number
  tokens: readonly { name: string; token: string }[]
  problemOf: ProblemOf
}): TakeDelivery {
  const { intake, bodyLimit, problemOf } = deps
  const identify = makeIdentify(deps.tokens)

  /** The registry that sends it. @throws HttpError for what is refused by its headers */
  function admit({ headers }: IncomingMessage): string {
    const registry = identify(headers.authorization)
    if (registry === undefined)
      throw new HttpError(
        401,
        'expected "Authorization: Bearer" with the webhook token of a configured registry',
      )
    const contentType = headers['content-type'] ?? ''
    if (!MEDIA_TYPES.includes(contentType) && !MEDIA_TYPES.includes(mediaTypeOf(contentType)))
      throw new HttpError(415, `the Content-Type is not known: expected one of ${MEDIA_TYPES.join(', ')}`)
    if (Number(headers['content-length'] ?? 0) > bodyLimit) throw tooLarge()
    return registry
  }

  const tooLarge = () => new HttpError(413, `the body is larger than server.bodyLimit, ${bodyLimit} bytes`)

  function refuse(request: IncomingMessage, response: ServerResponse, error: Error): void {
    if (response.headersSent || response.destroyed) return
    const { status, detail } = problemOf(error, request)
    const body = JSON.stringify(problem(status, detail))
    const headers: Record<string, string | number> = {
      'content-type': PROBLEM_TYPE,
      'content-length': Buffer.byteLength(body),
    }
    if (status === 401) headers['www-authenticate'] = 'Bearer'
    if (status === 503) headers['retry-after'] = RETRY_AFTER
    // Else the rest is read and thrown away.
    if (status === 413) headers.connection = 'close'
    response.writeHead(status, headers).end(body)
  }

  return function takeDelivery(request, response) {
    try {
      const registry = admit(request)
      const chunks: Buffer[] = []
      let bytes = 0
      takeBodyOf(request, (chunk) => {
        if (bytes > bodyLimit) return
        if (chunk !== null) {
          bytes += chunk.length
          if (bytes > bodyLimit) refuse(request, response, tooLarge())
          else chunks.push(chunk)
          return
        }
        const [only = Buffer.alloc(0)] = chunks
        const body = chunks.length > 1 ? Buffer.concat(chunks) : only
        intake
          .receive(registry, body)
          // No body: registries read none, and it would take some 4 µs.
          .then(() => response.writeHead(202, NO_BODY).end())
          .catch((error) => refuse(request, response, inHttp(error)))
      })
    } catch (error) {
      refuse(request, response, error instanceof Error ? error : new Error(String(error)))
    }
  }
}

const NO_BODY = ['content-length', '0']

/** Why a delivery is not taken, with its status. */
function inHttp(error: Error): Error {
  if (error instanceof NotAnEnvelope) return new HttpError(400, error.message)
  return error instanceof IntakeBusy ? new HttpError(503, error.message) : error
}

/** Without parameters, such as `charset`. */
const mediaTypeOf = (contentType: string): string => (contentType.split(';', 1)[0] ?? '').trim().toLowerCase()

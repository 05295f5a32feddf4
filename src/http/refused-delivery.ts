import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyRequest } from 'fastify'
import { IntakeBusy } from '../events/intake.ts'
import { NotAnEnvelope } from '../events/not-an-envelope.ts'
import type { Refusal, RefusalReason, Refusals } from '../events/refusals.ts'
import { HttpError, isTooLarge, tooLarge } from './problem.ts'

/** A delivery that is answered with an error. */
export class RefusedDelivery extends HttpError {
  readonly reason: RefusalReason
  constructor(statusCode: number, reason: RefusalReason, detail: string) {
    super(statusCode, detail)
    this.reason = reason
  }
}

/** Gives the error to answer a delivery with, after any error in its route. An error of ours or of Redis stays as it is. */
export function toRefusal(error: FastifyError | Error, bodyLimit: number): Error {
  if (error instanceof NotAnEnvelope) return new RefusedDelivery(400, 'body', error.message)
  if (error instanceof IntakeBusy) return new RefusedDelivery(503, error.reason, error.message)
  if (isTooLarge(error)) return new RefusedDelivery(413, 'too-large', tooLarge(bodyLimit))
  const status = 'statusCode' in error ? (error.statusCode ?? 500) : 500
  if (error instanceof HttpError || status >= 500) return error
  return new RefusedDelivery(status, status === 415 ? 'content-type' : 'body', error.message)
}

/** What there is to note of a refusal. */
export const told = (error: Error): Pick<Refusal, 'reason' | 'detail'> =>
  error instanceof RefusedDelivery
    ? { reason: error.reason, detail: error.message }
    : {
        reason: 'unavailable',
        detail: 'Redis is away, or the service stops or failed: see the log before this',
      }

/** The media types of distribution's notifications begin with this. */
const NOTIFICATION = 'application/vnd.docker.distribution.events'

/**
 * Notes a request that has no route, if it is a delivery that went wrong: it has a registry's token, or it is a POST of a
 * notification or with `events` in its path. A registry follows a redirect with a GET (docs/registries.md, Delivery).
 */
export const makeNoteWrongPath =
  (deps: { refusals: Refusals; registryOf: (authorization: string | undefined) => string | undefined }) =>
  ({ method, url, ip, headers }: FastifyRequest): void => {
    const registry = deps.registryOf(headers.authorization)
    const isNotification = headers['content-type']?.startsWith(NOTIFICATION) || /events/i.test(pathOf(url))
    if (registry === undefined && !(method === 'POST' && isNotification)) return
    const detail = `expected POST /v1/events, not ${method} ${withoutTokens(pathOf(url))}`
    deps.refusals.note({ reason: 'path', registry, from: ip, detail })
  }

/** The first byte of a TLS connection: the type of a handshake record (RFC 8446, 5.1). */
const TLS_HANDSHAKE = 0x16

/** Notes connections with TLS, which this server does not speak: a registry whose endpoint says `https`. */
export function noteTls(server: Server, refusals: Refusals): void {
  const note = ({ rawPacket }: Error & { rawPacket?: Buffer }, { remoteAddress }: Socket) => {
    if (rawPacket?.[0] !== TLS_HANDSHAKE) return
    const detail = 'expected http: this port speaks no TLS. For https, put a proxy in front of it'
    refusals.note({ reason: 'tls', registry: undefined, from: remoteAddress, detail })
  }
  // Before Fastify's, which closes the connection: a closed one has no address.
  server.prependListener('clientError', note)
}

const pathOf = (url: string): string => url.replace(/[?#].*$/s, '')

/** A part of a path that is as long as a token may be one (`server.readToken` and the others: at least 16 characters). */
const withoutTokens = (path: string): string => path.replace(/[^/]{16,}/g, '…')

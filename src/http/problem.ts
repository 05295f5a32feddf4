import { STATUS_CODES } from 'node:http'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'

/** RFC 9457. */
export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
  },
  { $id: 'Problem' },
)

/** An error with a status of its own and a sentence that may be shown. */
export class HttpError extends Error {
  readonly statusCode: number
  constructor(statusCode: number, detail: string) {
    super(detail)
    this.statusCode = statusCode
  }
}

export function sendProblem(reply: FastifyReply, status: number, detail: string): FastifyReply {
  return reply
    .code(status)
    .type('application/problem+json')
    .send({ type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail })
}

/** The one place where errors become answers. What is not meant for callers is logged and called internal. */
export function onError(
  error: FastifyError | Error,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const status = statusOf(error)
  if (status === 503) void reply.header('retry-after', '1')
  if (status < 500 || error instanceof HttpError) return sendProblem(reply, status, error.message)
  request.log.error(
    { err: error, reqId: request.id, method: request.method, url: request.url },
    'request failed',
  )
  return sendProblem(
    reply,
    status,
    status === 503 ? 'Redis does not answer: try again' : 'An internal error: see the log',
  )
}

function statusOf(error: FastifyError | Error): number {
  if ('statusCode' in error && error.statusCode !== undefined) return error.statusCode
  return isRedisAway(error) ? 503 : 500
}

/** ioredis has no one class for it: a closed connection, a command's timeout, Redis loading, busy with a script, read-only or full. */
function isRedisAway(error: Error): boolean {
  return (
    /^(Connection is closed|Command timed out|Stream isn't writeable|Reached the max retries)/.test(
      error.message,
    ) ||
    /^(LOADING|BUSY|READONLY|OOM|MISCONF|MASTERDOWN|CLUSTERDOWN|NOREPLICAS)\b/.test(error.message) ||
    ('code' in error && ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOENT'].includes(String(error.code)))
  )
}

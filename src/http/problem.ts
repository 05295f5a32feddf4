import { STATUS_CODES } from 'node:http'
import type { FastifyError, FastifyReply } from 'fastify'
import { Type } from 'typebox'
import type { Logger } from '../platform/log.ts'

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
  if (status === 503) void reply.header('retry-after', RETRY_AFTER)
  return reply.code(status).type(PROBLEM_TYPE).send(problem(status, detail))
}

export const PROBLEM_TYPE = 'application/problem+json'

export const problem = (status: number, detail: string) => ({
  ...{ type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail },
})

/** While Redis is away every request fails: it is logged once in so many ms. */
const LOG_MS = 1_000

export type ProblemOf = (
  error: Error,
  asked: { method?: string | undefined; url?: string | undefined },
) => Answer

/** Of a problem, what a response is made of. */
interface Answer {
  status: number
  detail: string
}

/** The one place where errors become answers. What is not meant for callers is logged and called internal. */
export function makeProblemOf(log: Logger): ProblemOf {
  let loggedAt = Number.NEGATIVE_INFINITY
  return (error, { method, url }) => {
    const status = statusOf(error)
    if (status < 500 || error instanceof HttpError) return { status, detail: error.message }
    if (status !== 503) log.error({ err: error, method, url }, 'request failed')
    else if (performance.now() - loggedAt > LOG_MS) {
      loggedAt = performance.now()
      log.error({ err: error, method, url }, 'requests are answered 503')
    }
    return { status, detail: status === 503 ? unavailable(error) : 'An internal error: see the log' }
  }
}

/** Seconds that one is asked to wait after a 503. */
export const RETRY_AFTER = '1'

/** What Redis answered is said, as that its disk is full; what ioredis has to say is of no use to others. */
const unavailable = ({ message }: Error): string =>
  NOT_NOW.test(message) ? `Redis refuses: ${message}` : 'Redis does not answer: try again'

function statusOf(error: FastifyError | Error): number {
  if ('statusCode' in error && error.statusCode !== undefined) return error.statusCode
  return isRedisAway(error) ? 503 : 500
}

/** How ioredis words it that it has no connection; the last half is a cluster's. */
const NO_CONNECTION =
  /^(Connection is closed|Command timed out|Stream isn't writeable|Reached the max retries|All sentinels are|None of startup nodes|Failed to refresh slots cache|Too many Cluster redirections|Cluster (isn't ready|is (ended|disconnect)))/

/**
 * How Redis words it that it takes nothing just now: it loads, is busy with a script, is full, waits for replicas, has another master after a
 * failover (UNBLOCKED too), moves slots, or discards a transaction for one of these.
 */
const NOT_NOW =
  /^(LOADING|BUSY|OOM|MISCONF|NOREPLICAS|READONLY|MASTERDOWN|UNBLOCKED|CLUSTERDOWN|TRYAGAIN|MOVED|ASK|EXECABORT)\b/

const AWAY_CODES = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOENT', 'ETIMEDOUT', 'EHOSTUNREACH']

/** ioredis has no one class for it. */
export function isRedisAway(error: Error): boolean {
  return (
    NO_CONNECTION.test(error.message) ||
    NOT_NOW.test(error.message) ||
    ('code' in error && AWAY_CODES.includes(String(error.code)))
  )
}

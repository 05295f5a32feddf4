import { STATUS_CODES } from 'node:http'
import type { FastifyError, FastifyReply } from 'fastify'
import { Type } from 'typebox'
import type { Logger } from '../platform/log.ts'
import { isRedisAway, isRedisRefusal } from '../platform/redis-away.ts'
import type { RedisOutage } from '../platform/redis-outage.ts'

/** An error as the API answers it (RFC 9457). */
export const Problem = Type.Object(
  {
    type: Type.String({ description: 'Always `about:blank`: the status says the kind.' }),
    title: Type.String({ description: 'The status in words.' }),
    status: Type.Integer({ description: 'The HTTP status.' }),
    detail: Type.String({ description: 'What was wrong and what is expected.' }),
  },
  { $id: 'Problem' },
)

/** An error with an HTTP status and a message that callers may read. */
export class HttpError extends Error {
  readonly statusCode: number
  constructor(statusCode: number, detail: string) {
    super(detail)
    this.statusCode = statusCode
  }
}

/** Whether Fastify refuses a body because of its length. */
export const isTooLarge = (error: Error) => 'code' in error && error.code === 'FST_ERR_CTP_BODY_TOO_LARGE'

export const tooLarge = (bodyLimit: number) => `the body is larger than server.bodyLimit, ${bodyLimit} bytes`

export function sendProblem(reply: FastifyReply, status: number, detail: string): FastifyReply {
  if (status === 503) void reply.header('retry-after', RETRY_AFTER)
  return reply.code(status).type(PROBLEM_TYPE).send(problem(status, detail))
}

export const PROBLEM_TYPE = 'application/problem+json'

export const problem = (status: number, detail: string) => ({
  ...{ type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail },
})

export type ProblemOf = (
  error: Error,
  asked: { method?: string | undefined; url?: string | undefined },
) => Answer

interface Answer {
  status: number
  detail: string
}

/** Turns errors into answers. An unexpected error is logged, and the caller learns only that it was internal. */
export function makeProblemOf({
  log,
  outage,
}: {
  log: Logger
  outage: Pick<RedisOutage, 'takes'>
}): ProblemOf {
  return (error, { method, url }) => {
    const status = statusOf(error)
    if (status < 500 || error instanceof HttpError) return { status, detail: detailOf(error) }
    if (status !== 503 || !outage.takes(error)) log.error({ err: error, method, url }, 'request failed')
    return { status, detail: status === 503 ? unavailable(error) : 'An internal error: see the log' }
  }
}

/**
 * What a schema refuses, in words. Ajv does not name a key that a schema does not have, and of a pattern or a format it tells only
 * the expression: a schema with `pattern` says in `x-expected` what that means.
 */
function detailOf(error: FastifyError | Error): string {
  if (!('validation' in error)) return error.message
  const { validation = [], validationContext = 'body' } = error
  const [first] = validation
  const at = `${validationContext}${first?.instancePath ?? ''}`
  const key = first?.keyword === 'additionalProperties' ? first.params.additionalProperty : undefined
  if (key !== undefined) return `${at}: unknown key ${JSON.stringify(key)}`
  const expected = first && (expectedBy(first) ?? valuesExpected(validation, first.instancePath))
  return expected === undefined ? error.message : `${at}: expected ${expected}`
}

/** `parentSchema`: the schema that refuses; Ajv's option `verbose` adds it. */
function expectedBy(refusal: { keyword: string; params: object; parentSchema?: object }): string | undefined {
  const { keyword, params, parentSchema = {} } = refusal
  if ('x-expected' in parentSchema) return String(parentSchema['x-expected'])
  const isTime = keyword === 'format' && 'format' in params && params.format === 'date-time'
  return isTime ? 'a time in RFC 3339, such as 2026-11-26T12:00:00Z' : undefined
}

/** The values that there are at a place of which only these are accepted. Ajv does not name them. */
function valuesExpected(
  refusals: readonly { keyword: string; params: object; instancePath: string }[],
  place: string,
): string | undefined {
  const there = refusals.filter(({ keyword, instancePath }) => instancePath === place && keyword !== 'anyOf')
  const values = there.map(({ params }) =>
    'allowedValues' in params ? params.allowedValues : 'allowedValue' in params && [params.allowedValue],
  )
  if (!values.every((some) => Array.isArray(some))) return undefined
  const all = values.flat().join(', ')
  return values.flat().length === 1 ? all : `one of ${all}`
}

/** The `Retry-After` of a 503, in seconds. */
export const RETRY_AFTER = '1'

/** Quotes an answer of Redis, for example that its disk is full. Errors of ioredis itself are of no use to callers. */
const unavailable = (error: Error): string =>
  isRedisRefusal(error) ? `Redis refuses: ${error.message}` : 'Redis does not answer: try again'

function statusOf(error: FastifyError | Error): number {
  if ('statusCode' in error && error.statusCode !== undefined) return error.statusCode
  return isRedisAway(error) ? 503 : 500
}

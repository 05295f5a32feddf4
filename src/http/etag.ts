import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * Sends an answer with a strong ETag of its content; or 304 and nothing, if the client has it already (RFC 9110, sections 8.8.3
 * and 13.1.2). Clients that poll then read nothing new.
 */
export function sendTagged<T>(request: FastifyRequest, reply: FastifyReply, answer: T): T | FastifyReply {
  const hash = createHash('sha256').update(JSON.stringify(answer)).digest('base64url')
  const etag = `"${hash.slice(0, 27)}"`
  void reply.header('etag', etag).header('cache-control', 'private, no-cache')
  if (!matches(request.headers['if-none-match'], etag)) return answer
  return reply.code(304).send()
}

/** `If-None-Match` compares weakly: `W/` does not count. */
export const matches = (header: string | undefined, etag: string): boolean =>
  (header ?? '').split(',').some((one) => ['*', etag].includes(one.trim().replace(/^W\//, '')))

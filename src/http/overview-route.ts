import { createHash } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import type { Overview, OverviewPart } from '../overview/overview.ts'
import { matches } from './etag.ts'
import { OverviewView, viewOf } from './overview-view.ts'
import { Problem } from './problem.ts'
import type { Roles } from './roles.ts'
import type { InTurn } from './turns.ts'

/** All projects at once, for who wants to see the whole. */
export const overviewRoute =
  (deps: { overview: Pick<Overview, 'all'>; roles: Roles; inTurn: InTurn }): FastifyPluginAsyncTypebox =>
  async (app) => {
    /** The answer for those who see all, made once for each version: with 20,000 projects it takes some 30 ms. */
    let whole = { etag: '', text: '' }
    const textOf = (part: OverviewPart) => JSON.stringify(viewOf(part))
    function wholeOf(part: OverviewPart, etag: string): string {
      if (whole.etag !== etag) whole = { etag, text: textOf(part) }
      return whole.text
    }

    app.get('/v1/overview', {
      onRequest: deps.roles.within('read'),
      schema: {
        tags: ['usage'],
        summary: 'All projects at once, in columns, and the sums of each registry',
        description:
          'For pictures of the whole: `GET /v1/projects` has pages, orders and filters. The numbers are as of a moment ago: with 20,000 projects, some seconds. A token for some projects gets these, and their sums. With `If-None-Match` the answer is 304 until something changes.',
        response: {
          200: OverviewView,
          304: Type.Null({ description: 'The answer is what `If-None-Match` names.' }),
          '4xx': Problem,
          '5xx': Problem,
        },
      },
      handler: async (request, reply) => {
        const { access } = request
        const part = await deps.inTurn(() => deps.overview.all(access))
        // What is seen is the other half of what the answer depends on.
        const etag = etagOf(part.version, String(part.growthSince), ...access.projects)
        // It is JSON already: the schema's own serializer takes four times as long.
        const answer = reply as FastifyReply
        void answer.header('etag', etag).header('cache-control', 'private, no-cache')
        if (matches(request.headers['if-none-match'], etag)) return answer.code(304).send()
        return answer
          .type('application/json; charset=utf-8')
          .send(access.seesAll ? wholeOf(part, etag) : textOf(part))
      },
    })
  }

const etagOf = (...parts: string[]): string =>
  `"${createHash('sha256').update(parts.join('\n')).digest('base64url').slice(0, 27)}"`

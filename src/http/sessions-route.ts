import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { type ListedSession, publicIdOf, type Sessions } from '../access/sessions.ts'
import type { Audit } from '../expiry/audit.ts'
import { askedBy } from './asked-by.ts'
import { cutPage, decodeCursor, pageOf, pageQuery } from './page.ts'
import { HttpError, Problem } from './problem.ts'
import type { Roles } from './roles.ts'

const errors = { '4xx': Problem, '5xx': Problem }
const tags = ['session']

const SessionId = Type.String({
  ...{ pattern: '^[0-9a-f]{24}$', 'x-expected': 'the id of a session: 24 hex digits' },
  description: 'Names it in requests. Nobody comes in with it.',
})
const Listed = Type.Object({
  id: SessionId,
  by: Type.Enum(['token', 'oidc'], { description: 'How it logged in.' }),
  who: Type.String({ description: 'How records name it: `admin token`, `user ann@example.com`.' }),
  from: Type.String({ description: 'The address that it logged in from. It may be that of a proxy.' }),
  began: Type.String({ format: 'date-time', description: 'When it logged in.' }),
  until: Type.String({ format: 'date-time', description: 'When it ends.' }),
  isOwn: Type.Boolean({ description: 'Whether it is the session of this request.' }),
})

const Position = Type.Tuple([Type.Integer(), Type.String()])

/** Who is logged in to the dashboard, for admins, and ending the session of somebody else (docs/access.md, Logging in). */
export const sessionsRoute =
  (deps: {
    sessions: Pick<Sessions, 'list' | 'endListed'>
    audit: Audit
    roles: Roles
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/v1/sessions', {
      onRequest: deps.roles.admin,
      schema: {
        tags,
        summary: 'Who is logged in to the dashboard, those whose sessions end last first',
        description:
          'A session whose token was revoked, or whose person has no granted group any more, lets nobody in and is listed until it ends.',
        querystring: pageQuery({}),
        response: {
          200: pageOf({ sessions: Type.Array(Listed, { description: 'The sessions of the page.' }) }),
          ...errors,
        },
      },
      handler: async ({ session, query: { limit, cursor } }) => {
        const id = session.get('id')
        const own = id && publicIdOf(id)
        const found = await deps.sessions.list(limit + 1, decodeCursor(Position, cursor))
        const { items, next } = cutPage(found, limit, ({ until, publicId }) => [until, publicId])
        return { sessions: items.map((one) => ({ ...viewOf(one), isOwn: one.publicId === own })), next }
      },
    })

    app.delete('/v1/sessions/:id', {
      onRequest: deps.roles.admin,
      schema: {
        tags,
        summary: 'End the session of somebody',
        description:
          'Its cookie lets nobody in any more, at once and in every process. Whoever has a token, or is let in by the issuer, can log in again.',
        params: Type.Object({ id: SessionId }),
        response: { 200: Type.Object({ ended: SessionId }), ...errors },
      },
      handler: async (request) => {
        const { id } = request.params
        if (!(await deps.sessions.endListed(id)))
          throw new HttpError(404, `there is no session "${id}": GET /v1/sessions lists them`)
        await deps.audit({ by: askedBy(request), action: 'session.ended', why: `the session ${id}` })
        return { ended: id }
      },
    })
  }

const viewOf = ({ publicId, login, who, from, began, until }: ListedSession) => ({
  ...{ id: publicId, by: login.by, who, from },
  ...{ began: new Date(began).toISOString(), until: new Date(until).toISOString() },
})

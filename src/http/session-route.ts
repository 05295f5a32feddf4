import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { type Access, grantsOf, mayDo } from '../access/access.ts'
import type { AccessOf } from '../access/access-of.ts'
import type { AccessOfSession } from '../access/access-of-session.ts'
import type { Sessions } from '../access/sessions.ts'
import type { TokenLogins } from '../access/token-logins.ts'
import { VERSION } from '../platform/version.ts'
import { HttpError, Problem } from './problem.ts'
import { type Roles, refusedToken } from './roles.ts'
import { requireOwnPage, requireSameSite } from './session-cookie.ts'
import { Grant } from './whoami-route.ts'

const errors = { '4xx': Problem, '5xx': Problem }
const tags = ['session']

const SessionView = Type.Object({
  by: Type.Enum(['token', 'oidc'], { description: 'How it logged in.' }),
  who: Type.String({
    description: 'How records name it: `admin token`, `token team-a`, `user ann@example.com`.',
  }),
  name: Type.Union([Type.String(), Type.Null()], {
    description: 'The name of the person. Null if a token is all that is known.',
  }),
  verbs: Type.Array(Type.String(), { description: '`read`, `promote`, `expire`, `admin`.' }),
  projects: Type.Array(Type.String(), {
    description: 'The projects that it is for: globs over `registry/path`. `**` is all of them.',
  }),
  grants: Type.Array(Grant, {
    description: 'What it may do where. `verbs` and `projects` are those of all grants together.',
  }),
  seesAll: Type.Boolean({ description: 'Whether it sees what is about a registry or the whole service.' }),
  until: Type.String({
    format: 'date-time',
    description: 'When it ends. The token by which it began may end before.',
  }),
  version: Type.String({ description: 'The version of Tallyman.' }),
})

/** How people log in to the dashboard, and out (docs/access.md, Logging in). */
export const sessionRoute =
  (deps: {
    accessOf: AccessOf
    sessions: Pick<Sessions, 'begin' | 'end'>
    tokenLogins: Pick<TokenLogins, 'loginOf'>
    accessOfSession: AccessOfSession
    roles: Roles
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    /** @throws HttpError 401 or 403 unless a token lets somebody in who may see something */
    async function accessOfToken(token: string, from: string): Promise<Access> {
      const access = await deps.accessOf(`Bearer ${token}`, from).catch((error: Error) => {
        throw refusedToken(error)
      })
      if (access === undefined) throw new HttpError(401, 'there is no such token')
      if (access.ci !== undefined)
        throw new HttpError(403, 'the token of a CI job is for its requests, not for the dashboard')
      if (!mayDo(access, 'read'))
        throw new HttpError(403, `the dashboard needs read: the ${access.who} has ${access.verbs.join(', ')}`)
      return access
    }

    app.addHook('onSend', async (_, reply) => void reply.header('cache-control', 'no-store'))

    app.post('/v1/session', {
      onRequest: async (request) => requireSameSite(request),
      schema: {
        tags,
        summary: 'Log in with a token',
        description: 'Sets a cookie, which all routes take in place of a token.',
        security: [],
        body: Type.Object(
          {
            token: Type.String({
              ...{ minLength: 1, maxLength: 8_000 },
              description: 'A read token, an admin token, or a named token.',
            }),
          },
          { additionalProperties: false },
        ),
        response: { 201: SessionView, ...errors },
      },
      handler: async (request, reply) => {
        const { token } = request.body
        const { who } = await accessOfToken(token, request.ip)
        const before = request.session.get('id')
        const login = deps.tokenLogins.loginOf(token)
        const { id, session } = await deps.sessions.begin(login, { who, from: request.ip })
        if (before !== undefined) await deps.sessions.end(before)
        request.session.regenerate()
        request.session.set('id', id)
        return reply.code(201).send(viewOf(await deps.accessOfSession.accessOf(session)))
      },
    })

    app.get('/v1/session', {
      onRequest: [async (request) => requireNotRefused(request), deps.roles.within('read')],
      schema: {
        tags,
        summary: 'Who is logged in',
        description:
          'It is 401 without a session, also with a token: `GET /v1/whoami` is for tokens. It is 403 for some minutes after a login with OpenID Connect of somebody who may do nothing, and tells which groups were seen.',
        response: { 200: SessionView, ...errors },
      },
      handler: async ({ access }) => viewOf(access),
    })

    app.delete('/v1/session', {
      schema: {
        tags,
        summary: 'Log out',
        description:
          'The session ends for whoever has a copy of its cookie. Without a session, nothing happens.',
        security: [],
        response: { 204: Type.Null({ description: 'Nobody is logged in now.' }), ...errors },
      },
      handler: async (request, reply) => {
        const id = request.session.get('id')
        if (id !== undefined) {
          requireOwnPage(request)
          await deps.sessions.end(id)
          request.session.delete()
        }
        return reply.code(204).send(null)
      },
    })
  }

/** @throws HttpError 403 if a login has just let nobody in */
function requireNotRefused({ session }: FastifyRequest): void {
  const refused = session.get('refused')
  if (session.get('id') === undefined && refused !== undefined && Date.now() < refused.until)
    throw new HttpError(403, refused.detail)
}

/** @throws HttpError 401 if it has no session */
function viewOf(access: Access): Static<typeof SessionView> {
  const { session, who, verbs, projects, seesAll } = access
  if (session === undefined)
    throw new HttpError(401, 'a token was shown, and no session: GET /v1/whoami tells what a token may do')
  return {
    ...{ ...session, who, verbs: [...verbs], projects: [...projects], grants: grantsOf(access) },
    ...{ seesAll, version: VERSION },
  }
}

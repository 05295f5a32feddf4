import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { LoginFailure } from '../access/login-failure.ts'
import type { OidcLogin } from '../access/oidc-login.ts'
import type { Sessions } from '../access/sessions.ts'
import type { User } from '../access/user-access.ts'
import { Problem } from './problem.ts'

const errors = { '4xx': Problem, '5xx': Problem }
const tags = ['session']

const OIDC = '/v1/login/oidc'

/** Where the issuer sends people back. */
export const OIDC_CALLBACK = `${OIDC}/callback`

/** How long it is told why a login let nobody in, in ms. */
const REFUSED_MS = 600_000

/** Logging in with OpenID Connect. */
export interface OidcParts extends OidcLogin {
  /** What the button of the login page says. */
  name: string
  /** What is kept of somebody: how records name them, and the user for the session; or why they may do nothing. */
  admit: (user: User) => { who: string; user: User & { issuer: string } } | { refusal: string }
}

/** How one may log in, and logging in with OpenID Connect (docs/access.md, OpenID Connect). */
export const loginRoute =
  (deps: {
    sessions: Pick<Sessions, 'begin' | 'end'>
    /** Absent if it is not configured. */
    oidc: OidcParts | undefined
    /** Where people reach the dashboard: the URL without a slash at its end. */
    publicUrl: string
    isPublic: boolean
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { sessions, oidc } = deps
    const toPage = (reply: FastifyReply, path: string) => reply.redirect(deps.publicUrl + path, 303)

    app.addHook('onSend', async (_, reply) => void reply.header('cache-control', 'no-store'))

    app.get('/v1/login', {
      schema: {
        tags,
        summary: 'How one may log in',
        security: [],
        response: {
          200: Type.Object({
            methods: Type.Array(Type.Enum(['token', 'oidc']), {
              description: '`token`: `POST /v1/session`. `oidc`: a page of the issuer.',
            }),
            oidc: Type.Union(
              [
                Type.Object({
                  name: Type.String({ description: 'What the button says.' }),
                  url: Type.String({ description: 'Where it leads; `to` is the path to go to after it.' }),
                }),
                Type.Null(),
              ],
              { description: 'OpenID Connect. Null if it is not configured.' },
            ),
            public: Type.Boolean({ description: 'Whether the catalogue can be read without logging in.' }),
          }),
          ...errors,
        },
      },
      handler: async () => ({
        methods: oidc === undefined ? ['token' as const] : ['token' as const, 'oidc' as const],
        oidc: oidc === undefined ? null : { name: oidc.name, url: OIDC },
        public: deps.isPublic,
      }),
    })

    if (oidc === undefined) return

    /** Sends somebody back to the login page, with a word that it knows. What came from outside stays in the log. */
    function sendBack(error: unknown, request: FastifyRequest, reply: FastifyReply) {
      if (!(error instanceof LoginFailure)) throw error
      request.log.warn({ code: error.code, from: request.ip }, `a login failed: ${error.message}`)
      return toPage(reply, `/login?error=${error.code}`)
    }

    app.get(OIDC, {
      schema: {
        tags,
        summary: 'Log in with OpenID Connect',
        description: 'For browsers: sends them to the issuer.',
        security: [],
        querystring: Type.Object({
          to: Type.String({
            // As browsers write paths. With two slashes it would be another host.
            ...{ default: '/', maxLength: 1_000, pattern: '^/(?![/\\\\])[\\x21-\\x5b\\x5d-\\x7e]*$' },
            'x-expected': 'a path of the dashboard, such as /projects',
            description: 'The path of the dashboard to go to after it.',
          }),
        }),
        response: { 302: Type.Null({ description: 'To the issuer.' }), ...errors },
      },
      handler: async (request, reply) => {
        try {
          const { url, flow } = await oidc.begin()
          request.session.set('flow', { ...flow, to: request.query.to })
          return reply.redirect(url, 302)
        } catch (error) {
          return sendBack(error, request as FastifyRequest, reply as unknown as FastifyReply)
        }
      },
    })

    app.get(OIDC_CALLBACK, {
      schema: {
        tags,
        summary: 'The end of a login with OpenID Connect',
        description: 'The issuer sends browsers here. Leads to the dashboard, or back to its login page.',
        security: [],
        response: { 303: Type.Null({ description: 'To the dashboard.' }), ...errors },
      },
      handler: async (request, reply) => {
        const { session } = request
        const [flow, before] = [session.get('flow'), session.get('id')]
        // It is of use once, whatever comes of it.
        session.set('flow', undefined)
        try {
          const admitted = oidc.admit(await oidc.finish(queryOf(request.url), flow))
          if ('refusal' in admitted) {
            session.set('refused', { detail: admitted.refusal, until: Date.now() + REFUSED_MS })
            throw new LoginFailure('no-group', admitted.refusal)
          }
          const { who, user } = admitted
          const { id } = await sessions.begin({ by: 'oidc', ...user }, { who, from: request.ip })
          if (before !== undefined) await sessions.end(before)
          session.regenerate()
          session.set('id', id)
          request.log.info({ who, from: request.ip }, 'somebody logged in')
          return toPage(reply as unknown as FastifyReply, flow?.to ?? '/')
        } catch (error) {
          return sendBack(error, request as FastifyRequest, reply as unknown as FastifyReply)
        }
      },
    })
  }

const queryOf = (url: string): string => /\?(.*)$/s.exec(url)?.[1] ?? ''

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { NamedToken, TokenName, wrongProjects } from '../access/named-token.ts'
import type { Tokens } from '../access/tokens.ts'
import type { Audit } from '../expiry/audit.ts'
import { askedBy } from './asked-by.ts'
import { durationOf, Why } from './asked-for.ts'
import { HttpError, Problem } from './problem.ts'
import type { Roles } from './roles.ts'

const errors = { '4xx': Problem, '5xx': Problem }

const Listed = Type.Object({
  ...NamedToken.properties,
  lastUsedAt: Type.Union([Type.String(), Type.Null()], {
    description: 'When it was last used, RFC 3339, to about a minute. Null if it was not.',
  }),
})

/** Named tokens: making them, listing them without their secrets, and revoking them (docs/access.md). */
export const tokensRoute =
  (deps: {
    tokens: Tokens
    /** The names of those that are configured. */
    registries: readonly string[]
    audit: Audit
    roles: Roles
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { tokens, roles, audit } = deps

    app.get('/v1/tokens', {
      onRequest: roles.admin,
      schema: {
        tags: ['tokens'],
        summary: 'The named tokens, by name, without their secrets',
        response: {
          200: Type.Object({
            tokens: Type.Array(Listed, { description: 'All of them, also those that have expired.' }),
          }),
          ...errors,
        },
      },
      handler: async () => ({ tokens: await tokens.list() }),
    })

    app.post('/v1/tokens', {
      onRequest: roles.admin,
      schema: {
        tags: ['tokens'],
        summary: 'Make a named token',
        description:
          'The answer has its secret, which is told this once and kept nowhere. A name that a token has is refused, unless that token has expired.',
        body: Type.Object(
          {
            ...{
              name: TokenName,
              projects: NamedToken.properties.projects,
              verbs: NamedToken.properties.verbs,
            },
            for: Type.Optional(
              Type.String({ description: 'For how long, such as 90d. Default: until it is revoked.' }),
            ),
            why: Why('Why. The list shows it.'),
          },
          { additionalProperties: false },
        ),
        response: {
          201: Type.Object({
            ...NamedToken.properties,
            secret: Type.String({ description: 'The token: `tlm_` and 40 letters and digits.' }),
          }),
          ...errors,
        },
      },
      handler: async (request, reply) => {
        const { name, projects, verbs, why = null } = request.body
        const wrong = wrongProjects(projects, deps.registries)
        if (wrong !== undefined) throw new HttpError(400, wrong)
        const forMs = request.body.for === undefined ? undefined : durationOf(request.body.for)
        const by = askedBy(request)
        const made = await tokens.create({ name, projects, verbs, why, createdBy: by }, forMs)
        if (made === undefined)
          throw new HttpError(409, `there is a token "${name}": revoke it first, or choose another name`)
        const { token, secret } = made
        const note = { by, action: 'token.created', token: name, projects, verbs }
        const more = {
          ...(token.expiresAt !== null && { until: token.expiresAt }),
          ...(why !== null && { why }),
        }
        // Nobody has its secret if this request fails.
        await audit({ ...note, ...more }).catch(async (error) => {
          await tokens.revoke(name)
          throw error
        })
        return reply.code(201).send({ ...token, secret })
      },
    })

    app.delete('/v1/tokens/:name', {
      onRequest: roles.admin,
      schema: {
        tags: ['tokens'],
        summary: 'Revoke a named token',
        description: 'It is refused at once, by every process.',
        params: Type.Object({ name: TokenName }),
        response: {
          200: Type.Object({ revoked: Type.String({ description: 'The name of the token.' }) }),
          ...errors,
        },
      },
      handler: async (request) => {
        const { name } = request.params
        if (!(await tokens.revoke(name)))
          throw new HttpError(404, `there is no token "${name}": GET /v1/tokens lists them`)
        await audit({ by: askedBy(request), action: 'token.revoked', token: name })
        return { revoked: name }
      },
    })
  }

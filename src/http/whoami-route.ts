import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { VERSION } from '../platform/version.ts'
import { Problem } from './problem.ts'
import type { Roles } from './roles.ts'

/** What the token of a request may do. */
export const whoamiRoute =
  ({ roles }: { roles: Roles }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/v1/whoami', {
      onRequest: roles.read,
      schema: {
        tags: ['health'],
        summary: 'The role of the token, and the version of the service',
        response: {
          200: Type.Object({
            role: Type.Enum(['read', 'admin'], {
              description: '`read` may look; `admin` may change things, too.',
            }),
            version: Type.String({ description: 'The version of Tallyman.' }),
          }),
          '4xx': Problem,
          '5xx': Problem,
        },
      },
      // `roles.read` has refused every other token.
      handler: async (request) => ({
        role: roles.roleOf(request) === 'admin' ? ('admin' as const) : ('read' as const),
        version: VERSION,
      }),
    })
  }

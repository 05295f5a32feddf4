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
      onRequest: roles.readOrCi,
      schema: {
        tags: ['health'],
        summary: 'The role of the token, and the version of the service',
        response: {
          200: Type.Object({
            role: Type.Enum(['read', 'admin', 'ci'], {
              description:
                '`read` may look; `admin` may change things, too; `ci` is a CI job, which may read and promote its own projects.',
            }),
            projects: Type.Optional(
              Type.Array(Type.String(), {
                description: 'With `ci`: the projects that it may act for, each with those below it.',
              }),
            ),
            version: Type.String({ description: 'The version of Tallyman.' }),
          }),
          '4xx': Problem,
          '5xx': Problem,
        },
      },
      // `roles.readOrCi` has refused every other token.
      handler: async (request) => {
        if (request.principal !== undefined)
          return { role: 'ci' as const, projects: [...request.principal.projects], version: VERSION }
        const role = roles.roleOf(request) === 'admin' ? ('admin' as const) : ('read' as const)
        return { role, version: VERSION }
      },
    })
  }

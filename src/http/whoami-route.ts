import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { grantsOf } from '../access/access.ts'
import { VERSION } from '../platform/version.ts'
import { Problem } from './problem.ts'
import type { Roles } from './roles.ts'

export const Grant = Type.Object({
  verbs: Type.Array(Type.String(), { description: 'What it may do.' }),
  projects: Type.Array(Type.String(), { description: 'Where: globs over `registry/path`.' }),
})

/** What the token of a request may do. */
export const whoamiRoute =
  ({ roles }: { roles: Roles }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/v1/whoami', {
      onRequest: roles.within('read'),
      schema: {
        tags: ['health'],
        summary: 'What the token may do, and the version of the service',
        response: {
          200: Type.Object({
            who: Type.String({ description: 'How records name it: `admin token`, `token team-a`.' }),
            verbs: Type.Array(Type.String(), {
              description:
                '`read`, `promote`, `expire`, `admin`. A CI job has `ask`: it reads, and asks for promotions.',
            }),
            projects: Type.Array(Type.String(), {
              description: 'The projects that it is for: globs over `registry/path`. `**` is all of them.',
            }),
            grants: Type.Array(Grant, {
              description: 'What it may do where. `verbs` and `projects` are those of all grants together.',
            }),
            expiresAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
              description: 'When the token ends. Null if it does not, or if it is that of a CI job.',
            }),
            version: Type.String({ description: 'The version of Tallyman.' }),
          }),
          '4xx': Problem,
          '5xx': Problem,
        },
      },
      handler: async ({ access }) => ({
        ...{ who: access.who, verbs: [...access.verbs], projects: [...access.projects] },
        ...{ grants: grantsOf(access), expiresAt: access.expiresAt, version: VERSION },
      }),
    })
  }

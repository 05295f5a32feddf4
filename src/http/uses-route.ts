import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { ReportUses } from '../expiry/in-use/report-uses.ts'
import type { Logger } from '../platform/log.ts'
import { printable } from '../platform/printable.ts'
import { Problem } from './problem.ts'
import type { Roles } from './roles.ts'
import type { InTurn } from './turns.ts'

/** Uses that one request may report. */
const MOST_USES = 1_000

const Left = Type.Object({
  reference: Type.String({ description: 'The name of the image, as it was sent.' }),
  reason: Type.String({ description: 'Why the use does not count.' }),
})

/** Reports of use by those who see it: kubelets, proxies and access logs. */
export const usesRoute =
  (deps: { reportUses: ReportUses; roles: Roles; inTurn: InTurn; log: Logger }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.post('/v1/uses', {
      onRequest: deps.roles.uses,
      schema: {
        tags: ['usage'],
        summary: 'Report that images are used',
        description:
          'Renews the time of the last use of images that the index has. It never brings an image into the index. Needs `server.usesToken` or the admin token.',
        body: Type.Object(
          {
            source: Type.String({
              minLength: 1,
              maxLength: 200,
              description: 'Who reports, such as `kubelet-node-7`. It is logged.',
            }),
            uses: Type.Array(
              Type.Object(
                {
                  reference: Type.String({
                    maxLength: 1_000,
                    description:
                      'The name of the image as clients write it: `host/repository:tag` or `host/repository@digest`. The name of a registry in the configuration may stand for the host. A tag means the image that it names now.',
                  }),
                  at: Type.Optional(
                    Type.String({
                      maxLength: 100,
                      description: 'When it was used, RFC 3339, at most 30 days ago. Default: now.',
                    }),
                  ),
                },
                { additionalProperties: false },
              ),
              { maxItems: MOST_USES, description: `The uses, ${MOST_USES} at most.` },
            ),
          },
          { additionalProperties: false },
        ),
        response: {
          200: Type.Object({
            accepted: Type.Integer({ description: 'How many of the uses count.' }),
            unknown: Type.Array(Left, {
              description: 'Uses of images that the index does not have, and of other registries.',
            }),
            refused: Type.Array(Left, { description: 'Uses that cannot be read or believed.' }),
          }),
          '4xx': Problem,
          '5xx': Problem,
        },
      },
      handler: async ({ body }) => {
        const taken = await deps.inTurn(() => deps.reportUses(body.uses))
        const { accepted, unknown, refused } = taken
        const counts = { accepted, unknown: unknown.length, refused: refused.length }
        deps.log.debug({ source: body.source, ...counts }, `uses reported by ${printable(body.source)}`)
        return taken
      },
    })
  }

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { growthSince } from '../history/growth-since.ts'
import type { Histories } from '../history/histories.ts'
import { MOMENT } from '../history/moment.ts'
import { imageOf, type ReadGrowth } from '../history/read-growth.ts'
import { DAY_MS } from '../history/sample.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import { momentIn } from './history-route.ts'
import { Problem } from './problem.ts'
import type { Roles } from './roles.ts'
import type { InTurn } from './turns.ts'
import { unknownProject } from './unknown-project.ts'

/** How far back it looks if nobody says, in ms. */
const BACK_MS = 7 * DAY_MS

/** What made a project grow. */
export const growthRoute =
  (deps: {
    index: Pick<UsageIndex, 'usage'>
    histories: Pick<Histories, 'of'>
    readGrowth: ReadGrowth
    roles: Roles
    inTurn: InTurn
    /** epoch ms */
    now: () => number
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/v1/projects/:id/growth', {
      onRequest: deps.roles.project('read'),
      schema: {
        tags: ['usage'],
        summary: 'The pushes that added most to a project',
        description:
          'Of pushes that Tallyman heard, at most 31 days ago, of images that are still there. It costs what was pushed in that time, not what the project holds.',
        params: Type.Object({ id: Type.String({ description: 'registry/path, URL-encoded' }) }),
        querystring: Type.Object({
          since: Type.Optional(
            Type.String({ description: `Since when, ${MOMENT}. Default: seven days ago.` }),
          ),
          limit: Type.Integer({
            ...{ minimum: 1, maximum: 100, default: 3 },
            description: 'How many pushes to tell.',
          }),
        }),
        response: {
          200: Type.Object({
            since: Type.String({ format: 'date-time', description: 'Since when.' }),
            grownBytes: Type.Union([Type.Integer(), Type.Null()], {
              description:
                'By how many bytes its unique bytes changed. Null if its history has no sample from then.',
            }),
            count: Type.Integer({
              description: 'How many images were pushed since then, and are still there.',
            }),
            isCut: Type.Boolean({
              description:
                'Whether there were more than 5,000 pushes: what the older ones added is not told.',
            }),
            pushes: Type.Array(
              Type.Object({
                image: Type.String({ description: 'The image, as `repository:tag` or `repository@digest`.' }),
                digest: Type.String({ description: 'Its manifest.' }),
                pushedAt: Type.String({ format: 'date-time', description: 'When its push was heard.' }),
                pushedBy: Type.Union([Type.String(), Type.Null()], {
                  description: 'Who pushed it: the login name at the registry. Null if it is not known.',
                }),
                addedBytes: Type.Integer({
                  description: 'The unique bytes that are in the project only since this push.',
                }),
              }),
              { description: 'Those that added most come first.' },
            ),
          }),
          '4xx': Problem,
          '5xx': Problem,
        },
      },
      handler: async ({ params: { id }, query }) => {
        if ((await deps.index.usage(id)) === undefined) throw unknownProject(id)
        const since = Math.floor(momentIn('since', query.since) ?? deps.now() - BACK_MS)
        const [{ added, isCut }, history] = await Promise.all([
          deps.inTurn(() => deps.readGrowth(id, since)),
          deps.histories.of(id),
        ])
        return {
          since: new Date(since).toISOString(),
          grownBytes: growthSince(history, since)?.bytes ?? null,
          ...{ count: added.length, isCut },
          pushes: added.slice(0, query.limit).map(({ push, bytes }) => ({
            ...{ image: imageOf(push), digest: push.digest, pushedAt: new Date(push.at).toISOString() },
            ...{ pushedBy: push.by || null, addedBytes: bytes },
          })),
        }
      },
    })
  }

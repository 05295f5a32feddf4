import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Static, Type } from 'typebox'
import type { Histories } from '../history/histories.ts'
import { pointsOf } from '../history/history.ts'
import { MOMENT, parseMoment } from '../history/moment.ts'
import { DAY_MS, HOUR_MS } from '../history/sample.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import { HttpError, Problem } from './problem.ts'
import { requireRegistry } from './registry-named.ts'
import type { Roles } from './roles.ts'
import { unknownProject } from './unknown-project.ts'

const bytes = (description: string) => Type.Integer({ minimum: 0, description })
const moment = (description: string) => Type.Optional(Type.String({ description }))

const UsageHistory = Type.Object({
  step: Type.Enum(['hour', 'day'], { description: 'The step of the samples.' }),
  samples: Type.Array(
    Type.Object({
      at: Type.String({
        format: 'date-time',
        description: 'The beginning of the hour or day, in UTC. Of a day the last sample counts.',
      }),
      uniqueBytes: bytes('Bytes, each content once: in the project, or in the whole registry.'),
      exclusiveBytes: bytes(
        'Unique bytes that no other project holds; of a registry, the sum of its projects.',
      ),
      referencedBytes: bytes('Bytes of all manifests with what they reference, nothing deduplicated.'),
      tags: bytes('Tags.'),
      manifests: bytes('Manifests.'),
    }),
    { description: 'Oldest first. An hour or day without a sample is left out.' },
  ),
})

const Query = Type.Object({
  from: moment(`Only samples from then on, ${MOMENT}.`),
  to: moment('Only samples from before then.'),
  step: Type.Enum(['hour', 'day'], {
    default: 'day',
    description: '`hour`: the last week. `day`: the last two years.',
  }),
})

/** The usage of projects and registries over time. */
export const historyRoute =
  (deps: {
    registries: readonly string[]
    index: Pick<UsageIndex, 'usage'>
    histories: Pick<Histories, 'of'>
    roles: Roles
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const response = { 200: UsageHistory, '4xx': Problem, '5xx': Problem }

    async function view(id: string, query: Static<typeof Query>): Promise<Static<typeof UsageHistory>> {
      const { hours, days } = await deps.histories.of(id)
      const { step } = query
      const [runs, stepMs] = step === 'hour' ? [hours, HOUR_MS] : [days, DAY_MS]
      const from = momentIn('from', query.from) ?? 0
      const to = momentIn('to', query.to) ?? Number.POSITIVE_INFINITY
      const samples = pointsOf(runs)
        .map(({ slot, sample }) => ({ at: slot * stepMs, sample }))
        .filter(({ at }) => at >= from && at < to)
        .map(({ at, sample }) => ({ at: new Date(at).toISOString(), ...sample }))
      return { step, samples }
    }

    app.get('/v1/projects/:id/history', {
      onRequest: deps.roles.project('read'),
      schema: {
        tags: ['usage'],
        summary: "A project's usage over time",
        params: Type.Object({ id: Type.String({ description: 'registry/path, URL-encoded' }) }),
        querystring: Query,
        response,
      },
      handler: async ({ params: { id }, query }) => {
        if ((await deps.index.usage(id)) === undefined) throw unknownProject(id)
        return view(id, query)
      },
    })

    app.get('/v1/registries/:name/history', {
      onRequest: deps.roles.read,
      schema: {
        tags: ['registries'],
        summary: "A registry's usage over time",
        params: Type.Object({ name: Type.String({ description: 'Its name in the configuration.' }) }),
        querystring: Query,
        response,
      },
      handler: async ({ params: { name }, query }) => {
        requireRegistry(deps.registries, name)
        return view(name, query)
      },
    })
  }

/** A moment of the query in epoch ms. @throws HttpError */
export function momentIn(key: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const at = parseMoment(text)
  if (at === undefined) throw new HttpError(400, `${key}: expected a time ${MOMENT}`)
  return at
}

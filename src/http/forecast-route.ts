import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Static, Type } from 'typebox'
import type { Band, Reached } from '../history/forecast.ts'
import { dateOf, forecastText, reachedText } from '../history/forecast-text.ts'
import type { Histories } from '../history/histories.ts'
import { MOMENT } from '../history/moment.ts'
import { type ForecastQuota, outlookOf } from '../history/outlook.ts'
import { DAY_MS, type Measure } from '../history/sample.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import { momentIn, requireRegistry } from './history-route.ts'
import { HttpError, Problem } from './problem.ts'
import type { Roles } from './roles.ts'
import { unknownProject } from './unknown-project.ts'

/** How far ahead a forecast looks if nobody says, in ms. */
const AHEAD_MS = 90 * DAY_MS

const band = (description: string) =>
  Type.Union(
    [
      Type.Object({
        low: Type.Integer({ description: 'Most likely not less.' }),
        middle: Type.Integer({ description: 'Most likely.' }),
        high: Type.Integer({ description: 'Most likely not more.' }),
      }),
      Type.Null(),
    ],
    { description },
  )
const days = (description: string) => Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], { description })

const UsageForecast = Type.Object({
  kind: Type.Enum(['growing', 'shrinking', 'noTrend', 'tooLittle'], {
    description: '`noTrend`: it is not clear whether it grows. `tooLittle`: too few days have a sample.',
  }),
  text: Type.String({ description: 'The forecast in words.' }),
  nowBytes: Type.Integer({ minimum: 0, description: 'The bytes now.' }),
  bytesPerDay: band('The change in a day, in bytes. Null with too little data.'),
  until: Type.String({ format: 'date-time', description: 'The time of `bytesThen`.' }),
  bytesThen: band('The bytes at that time. Null with too little data.'),
  since: Type.Union([Type.String(), Type.Null()], {
    description: 'The first day that counts for `bytesThen`. Null with too little data.',
  }),
  thresholds: Type.Array(
    Type.Object({
      share: Type.Number({ description: 'The share of the limit; 1 is the limit.' }),
      bytes: Type.Integer({ minimum: 0, description: 'The threshold in bytes.' }),
      soonestDays: days('In how many days it may be passed. Null: not in sight.'),
      likelyDays: days('In how many days it is most likely passed. Null: not in sight.'),
      latestDays: days('In how many days it is passed at the latest. Null: perhaps never.'),
      text: Type.Union([Type.String(), Type.Null()], { description: 'The same in words.' }),
    }),
    { description: 'The thresholds of its quota, lowest first. Empty without a quota.' },
  ),
})

const Query = Type.Object({
  until: Type.Optional(Type.String({ description: `The time to look at, ${MOMENT}. Default: in 90 days.` })),
})

/** How the usage of projects and registries will go on. */
export const forecastRoute =
  (deps: {
    registries: readonly string[]
    index: Pick<UsageIndex, 'usage' | 'registryBytes'>
    histories: Pick<Histories, 'of'>
    /** The quota of a project. */
    quotaOf: (project: string) => Promise<ForecastQuota | undefined>
    roles: Roles
    /** epoch ms */
    now: () => number
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const response = { 200: UsageForecast, '4xx': Problem, '5xx': Problem }

    async function view(
      id: string,
      query: Static<typeof Query>,
      about: { nowBytes: number; measure: Measure; quota?: ForecastQuota | undefined },
    ): Promise<Static<typeof UsageForecast>> {
      const now = deps.now()
      const until = momentIn('until', query.until) ?? now + AHEAD_MS
      if (until < now) throw new HttpError(400, 'until: expected a time to come')
      const { forecast, onDay, thresholds } = outlookOf(await deps.histories.of(id), { ...about, now, until })
      return {
        kind: forecast.kind,
        text: forecastText(forecast),
        nowBytes: about.nowBytes,
        bytesPerDay: forecast.kind === 'tooLittle' ? null : rounded(forecast.perDay),
        until: new Date(until).toISOString(),
        bytesThen: onDay === undefined ? null : rounded(onDay),
        since: forecast.kind === 'tooLittle' ? null : dateOf(forecast.firstDay),
        thresholds: thresholds.map(({ share, bytes, reached }) => {
          const isPassed = about.nowBytes >= bytes
          return { share, bytes, ...daysOf(isPassed ? PASSED : reached) }
        }),
      }
    }

    app.get('/v1/projects/:id/forecast', {
      onRequest: deps.roles.project('read'),
      schema: {
        tags: ['usage'],
        summary: "How a project's usage will go on, and when it passes its quota",
        params: Type.Object({ id: Type.String({ description: 'registry/path, URL-encoded' }) }),
        querystring: Query,
        response,
      },
      handler: async ({ params: { id }, query }) => {
        const usage = await deps.index.usage(id)
        if (usage === undefined) throw unknownProject(id)
        const quota = await deps.quotaOf(id)
        const measure = quota?.measure ?? 'uniqueBytes'
        return view(id, query, { nowBytes: usage[measure], measure, quota })
      },
    })

    app.get('/v1/registries/:name/forecast', {
      onRequest: deps.roles.read,
      schema: {
        tags: ['registries'],
        summary: 'How much a registry will hold',
        description: 'Of its unique bytes: each content counts once.',
        params: Type.Object({ name: Type.String({ description: 'Its name in the configuration.' }) }),
        querystring: Query,
        response,
      },
      handler: async ({ params: { name }, query }) => {
        requireRegistry(deps.registries, name)
        return view(name, query, {
          nowBytes: await deps.index.registryBytes(name),
          measure: 'uniqueBytes',
        })
      },
    })
  }

const PASSED: Reached = { soonest: 0, likely: 0, latest: 0 }

const rounded = ({ low, middle, high }: Band) => ({
  low: Math.round(low),
  middle: Math.round(middle),
  high: Math.round(high),
})

const daysOf = (reached: Reached) => ({
  soonestDays: reached.soonest === null ? null : Math.floor(reached.soonest),
  likelyDays: reached.likely === null ? null : Math.ceil(reached.likely),
  latestDays: reached.latest === null ? null : Math.ceil(reached.latest),
  text: reachedText(reached) ?? null,
})

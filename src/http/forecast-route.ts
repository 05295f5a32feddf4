import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Static, Type } from 'typebox'
import type { Advice } from '../collection/advice.ts'
import type { Band, Reached } from '../history/forecast.ts'
import { dateOf, forecastText, reachedText } from '../history/forecast-text.ts'
import { type Group, groupHistoryId } from '../history/groups.ts'
import type { Histories } from '../history/histories.ts'
import { MOMENT } from '../history/moment.ts'
import { type ForecastQuota, outlookOf } from '../history/outlook.ts'
import { DAY_MS, type Measure } from '../history/sample.ts'
import { projectSubject, type QuotaSubject } from '../queue/quota-subject.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import { momentIn } from './history-route.ts'
import { HttpError, Problem } from './problem.ts'
import { requireRegistry } from './registry-named.ts'
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
  nowBytes: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
    description: 'The bytes now; of a group, at the last sample. Null: it has none yet.',
  }),
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

/** Of a registry, what is held is not all that its storage holds. */
const RegistryForecast = Type.Object({
  ...UsageForecast.properties,
  garbage: Type.Union(
    [
      Type.Object({
        at: Type.String({ format: 'date-time', description: 'When the storage was surveyed.' }),
        bytes: Type.Integer({ minimum: 0, description: 'What a collection would free.' }),
        undoableBytes: Type.Integer({
          minimum: 0,
          description: 'What of it undo needs: images that expiry deleted, and that can be brought back.',
        }),
        bytesPerDay: Type.Union([Type.Integer(), Type.Null()], {
          description: 'By how many bytes a day it grows. Null: not known.',
        }),
        bytesThen: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
          description: 'How much it is at `until`, if nothing is collected. Null: not known.',
        }),
      }),
      Type.Null(),
    ],
    {
      description:
        'What the storage holds beside this, and a collection of garbage would bring back. Null: its storage was not surveyed.',
    },
  ),
})

const Query = Type.Object({
  until: Type.Optional(Type.String({ description: `The time to look at, ${MOMENT}. Default: in 90 days.` })),
})

/** How the usage of projects, groups and registries will go on. */
export const forecastRoute =
  (deps: {
    registries: readonly string[]
    index: Pick<UsageIndex, 'usage' | 'registryBytes'>
    histories: Pick<Histories, 'of'>
    quotaOf: (subject: QuotaSubject) => Promise<ForecastQuota | undefined>
    /** What is known of the garbage of a registry. */
    garbageOf: (registry: string) => Promise<Advice | undefined>
    /** The groups with a quota, as configured now. */
    groups: () => readonly Group[]
    roles: Roles
    /** epoch ms */
    now: () => number
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const response = { 200: UsageForecast, '4xx': Problem, '5xx': Problem }

    async function view(
      id: string,
      query: Static<typeof Query>,
      about: { nowBytes?: number; measure: Measure; quota?: ForecastQuota | undefined },
    ): Promise<Static<typeof UsageForecast>> {
      const now = deps.now()
      const until = momentIn('until', query.until) ?? now + AHEAD_MS
      if (until < now) throw new HttpError(400, 'until: expected a time to come')
      const history = await deps.histories.of(id)
      const { forecast, onDay, thresholds } = outlookOf(history, { ...about, now, until })
      const nowBytes = about.nowBytes ?? history.hours.at(-1)?.sample[about.measure] ?? null
      return {
        kind: forecast.kind,
        text: forecastText(forecast),
        nowBytes,
        bytesPerDay: forecast.kind === 'tooLittle' ? null : rounded(forecast.perDay),
        until: new Date(until).toISOString(),
        bytesThen: onDay === undefined ? null : rounded(onDay),
        since: forecast.kind === 'tooLittle' ? null : dateOf(forecast.firstDay),
        thresholds: thresholds.map(({ share, bytes, reached }) => {
          const isPassed = nowBytes !== null && nowBytes >= bytes
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
        const quota = await deps.quotaOf(projectSubject(id))
        const measure = quota?.measure ?? 'uniqueBytes'
        return view(id, query, { nowBytes: usage[measure], measure, quota })
      },
    })

    app.get('/v1/registries/:name/forecast', {
      onRequest: deps.roles.read,
      schema: {
        tags: ['registries'],
        summary: 'How much a registry will hold, and when it passes its quota',
        description:
          'Of its unique bytes: each content counts once. A quota with `measure: stored` has no thresholds here.',
        params: Type.Object({ name: Type.String({ description: 'Its name in the configuration.' }) }),
        querystring: Query,
        response: { ...response, 200: RegistryForecast },
      },
      handler: async ({ params: { name }, query }) => {
        requireRegistry(deps.registries, name)
        const forecast = await view(name, query, {
          nowBytes: await deps.index.registryBytes(name),
          measure: 'uniqueBytes',
          quota: await deps.quotaOf({ kind: 'registry', id: name }),
        })
        const garbage = await deps.garbageOf(name)
        return { ...forecast, garbage: garbage === undefined ? null : garbageAt(garbage, forecast.until) }
      },
    })

    app.get('/v1/groups/:name/forecast', {
      onRequest: deps.roles.read,
      schema: {
        tags: ['usage'],
        summary: 'How much a group of projects will hold, and when it passes its quota',
        description:
          'Of the sum of its projects, as of the last full hour. Without a limit of unique, exclusive or referenced bytes, it has no thresholds and is told in unique bytes.',
        params: Type.Object({ name: Type.String({ description: 'Its name in the configuration.' }) }),
        querystring: Query,
        response,
      },
      handler: async ({ params: { name }, query }) => {
        const groups = deps.groups()
        const group = groups.find((one) => one.group === name)
        if (group === undefined) {
          const names = groups.map((one) => one.group).join(', ') || 'none'
          throw new HttpError(404, `no group "${name}"; configured: ${names}`)
        }
        const quota = await deps.quotaOf({ kind: 'group', id: name })
        return view(groupHistoryId(group), query, { measure: quota?.measure ?? 'uniqueBytes', quota })
      },
    })
  }

/** The garbage now, and at a time, RFC 3339. */
function garbageAt({ at, collectable: { bytes }, undoable, bytesPerDay }: Advice, until: string) {
  const days = (Date.parse(until) - Date.parse(at)) / 86_400_000
  const then = bytesPerDay === null ? null : Math.max(0, Math.round(bytes + bytesPerDay * days))
  return { at, bytes, undoableBytes: undoable.bytes, bytesPerDay, bytesThen: then }
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

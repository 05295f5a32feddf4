import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Static, Type } from 'typebox'
import { ifSeen, selectSeen } from '../access/select-seen.ts'
import { type Deliveries, Delivery, DeliveryPosition } from '../alerts/deliveries.ts'
import type { Routes } from '../alerts/routes.ts'
import { JobAsked } from '../queue/job-status.ts'
import type { Queues } from '../queue/queues.ts'
import { cursorOf, decodeCursor, pageOf, pageQuery } from './page.ts'
import { HttpError, Problem } from './problem.ts'
import type { Roles } from './roles.ts'

const errors = { '4xx': Problem, '5xx': Problem }

/** How many of the newest deliveries are looked at for the last one of a channel. */
const LOOKED_AT = 500

const ChannelView = Type.Object({
  name: Type.String({ description: 'Its name in the configuration.' }),
  type: Type.String({ description: 'What it is, such as `slack` or `irc`.' }),
  projects: Type.Array(Type.String(), {
    description: 'Globs over `registry/path` for the projects whose alerts it gets.',
  }),
  kinds: Type.Array(Type.String(), { description: 'The kinds of alerts that it gets, or globs for them.' }),
  severity: Type.String({ description: 'How urgent an alert must be to go there.' }),
  isQuiet: Type.Boolean({ description: 'Whether it has quiet hours now.' }),
  last: Type.Union([Delivery, Type.Null()], {
    description: 'What was sent to it last. Null if that is not among the newest deliveries.',
  }),
})

/** A channel, as configured: without what only its sender needs, such as its URL, which may be a secret. */
export type ConfiguredChannel = Omit<Static<typeof ChannelView>, 'isQuiet' | 'last'>

/** How long a test that failed is kept, in s: an hour. */
const KEPT_S = 3_600

/** What was sent to the channels of alerts, and a try of one. */
export const channelsRoute =
  (deps: {
    /** As configured now. */
    routes: () => Routes
    /** As configured now. */
    configured: () => readonly ConfiguredChannel[]
    queues: Pick<Queues, 'alerts'>
    deliveries: Deliveries
    roles: Roles
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { queues, deliveries, roles } = deps

    app.get('/v1/alerts/deliveries', {
      onRequest: roles.within('read'),
      schema: {
        tags: ['records'],
        summary: 'What was sent to the channels of alerts, and what they answered, newest first',
        description: 'About the newest 5,000 are kept.',
        querystring: pageQuery({}),
        response: {
          200: pageOf({
            deliveries: Type.Array(Delivery, { description: 'The deliveries of the page.' }),
          }),
          ...errors,
        },
      },
      handler: async ({ access, query: { limit, cursor } }) => {
        const { items, next } = await selectSeen({
          read: deliveries.recent,
          positionOf: ({ position }) => position,
          show: ({ delivery }) => ifSeen(access, ({ project }: Delivery) => project)(delivery),
          ...{ limit, after: decodeCursor(DeliveryPosition, cursor) },
        })
        return { deliveries: items, next: cursorOf(next) }
      },
    })

    app.get('/v1/alerts/channels', {
      onRequest: roles.read,
      schema: {
        tags: ['records'],
        summary: 'The channels for alerts, and what was sent to each last',
        response: {
          200: Type.Object({ channels: Type.Array(ChannelView, { description: 'As configured.' }) }),
          ...errors,
        },
      },
      handler: async () => {
        const recent = (await deliveries.recent(LOOKED_AT)).map(({ delivery }) => delivery)
        const { route } = deps.routes()
        return {
          channels: deps.configured().map(({ name, type, projects, kinds, severity }) => ({
            ...{ name, type, projects: [...projects], kinds: [...kinds], severity },
            isQuiet: route(name)?.isQuiet(Date.now()) ?? false,
            last: recent.find(({ channel }) => channel === name) ?? null,
          })),
        }
      },
    })

    app.post('/v1/alerts/channels/:name/test', {
      onRequest: roles.admin,
      schema: {
        tags: ['records'],
        summary: 'Send a harmless message to a channel',
        description:
          'A worker sends it at once, past alerts that wait. It is tried once: the job fails with what the channel answered if that does not accept it.',
        params: Type.Object({ name: Type.String({ description: 'The name of the channel.' }) }),
        response: { 202: JobAsked, ...errors },
      },
      handler: async ({ params: { name } }, reply) => {
        const { named, channels } = deps.routes()
        if (named(name) === undefined) {
          const names = channels.map((channel) => channel.name).join(', ') || 'none'
          throw new HttpError(404, `there is no channel "${name}"; configured: ${names}`)
        }
        const data = { kind: 'test', channel: name, at: new Date().toISOString() } as const
        const options = { attempts: 1, removeOnFail: { age: KEPT_S } }
        const { id = '' } = await queues.alerts.add('alerts', data, options)
        return reply.code(202).send({ job: { queue: 'alerts', id } })
      },
    })
  }

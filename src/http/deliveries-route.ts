import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { ifSeen, selectSeen } from '../access/select-seen.ts'
import { DeliveryId, type EventDeliveries, EventDelivery } from '../outgoing/deliveries.ts'
import { jobId } from '../queue/job-id.ts'
import { JobAsked } from '../queue/job-status.ts'
import type { Queues } from '../queue/queues.ts'
import { cursorOf, decodeCursor, pageOf, pageQuery } from './page.ts'
import { HttpError, Problem } from './problem.ts'
import type { Roles } from './roles.ts'

/** What became of the events for other programs (docs/events.md). */
export const deliveriesRoute =
  (deps: {
    deliveries: EventDeliveries
    queues: Pick<Queues, 'outgoing'>
    roles: Roles
    /** epoch ms */
    now: () => number
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/v1/events/deliveries', {
      onRequest: deps.roles.within('read'),
      schema: {
        tags: ['records'],
        summary: 'Events that other programs were told, newest first',
        querystring: pageQuery({}),
        response: {
          200: pageOf({
            deliveries: Type.Array(EventDelivery, { description: 'The deliveries of the page.' }),
          }),
          '4xx': Problem,
          '5xx': Problem,
        },
      },
      handler: async ({ access, query: { limit, cursor } }) => {
        const { items, next } = await selectSeen({
          read: deps.deliveries.recent,
          positionOf: ({ id }) => id,
          show: ifSeen(access, ({ project }: EventDelivery) => project),
          ...{ limit, after: decodeCursor(DeliveryId, cursor) },
        })
        return { deliveries: items, next: cursorOf(next) }
      },
    })

    app.post('/v1/events/deliveries/:id/replay', {
      onRequest: deps.roles.admin,
      schema: {
        tags: ['records'],
        summary: 'Send an event again to the receiver that a delivery was for',
        params: Type.Object({ id: { ...DeliveryId, description: 'The id of the delivery.' } }),
        response: { 202: JobAsked, '4xx': Problem, '5xx': Problem },
      },
      handler: async ({ params: { id } }, reply) => {
        const sent = await deps.deliveries.sentIn(id)
        if (sent === undefined) throw new HttpError(404, `no delivery ${id}: about the newest 5,000 are kept`)
        const job = jobId('replay', id, deps.now())
        await deps.queues.outgoing.add('outgoing', sent, { jobId: job })
        return reply.code(202).send({ job: { queue: 'outgoing', id: job } })
      },
    })
  }

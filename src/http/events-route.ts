import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { MEDIA_TYPES, type TakeDelivery } from './deliveries.ts'
import { Problem } from './problem.ts'

export const EVENTS_PATH = '/v1/events'

/** Where registries deliver, among the other routes: what it does, its documentation, and its way in for `inject`. */
export const eventsRoute =
  (takeDelivery: TakeDelivery): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.post(EVENTS_PATH, {
      schema: {
        tags: ['intake'],
        summary: 'Take a registry notification',
        description: `The webhook token of the configuration says which registry it is. Media types: ${MEDIA_TYPES.join(', ')}.`,
        response: {
          202: Type.Null({ description: 'Redis has the events.' }),
          '4xx': Problem,
          '5xx': Problem,
        },
      },
      onRequest: async (request, reply) => {
        reply.hijack()
        takeDelivery(request.raw, reply.raw)
      },
      handler: () => Promise.reject(new Error('a delivery is answered before it comes here')),
    })
  }

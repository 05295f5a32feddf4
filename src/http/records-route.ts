import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { type Alert, AlertRecord } from '../queue/alert.ts'
import { type Journal, JournalPosition } from '../store/journal.ts'
import { cutPage, decodeCursor, pageOf, pageQuery } from './page.ts'
import { Problem } from './problem.ts'
import type { Roles } from './roles.ts'

/** Alerts, newest first. */
export const recordsRoute =
  (deps: { alerts: Journal<Alert>; roles: Roles }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/v1/alerts', {
      onRequest: deps.roles.read,
      schema: {
        tags: ['records'],
        summary: 'Alerts, newest first',
        querystring: pageQuery({}),
        response: {
          200: pageOf({ alerts: Type.Array(AlertRecord, { description: 'The alerts of the page.' }) }),
          '4xx': Problem,
          '5xx': Problem,
        },
      },
      handler: async ({ query: { limit, cursor } }) => {
        const found = await deps.alerts.recent(limit + 1, decodeCursor(JournalPosition, cursor))
        const { items, next } = cutPage(found, limit, deps.alerts.positionOf)
        return { alerts: items, next }
      },
    })
  }

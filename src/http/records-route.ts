import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { ifSeen, selectSeen } from '../access/select-seen.ts'
import { type Alert, AlertRecord, projectOfAlert } from '../queue/alert.ts'
import { type Journal, JournalPosition } from '../store/journal.ts'
import { cursorOf, decodeCursor, pageOf, pageQuery } from './page.ts'
import { Problem } from './problem.ts'
import type { Roles } from './roles.ts'

/** Alerts, newest first. */
export const recordsRoute =
  (deps: { alerts: Journal<Alert>; roles: Roles }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/v1/alerts', {
      onRequest: deps.roles.within('read'),
      schema: {
        tags: ['records'],
        summary: 'Alerts, newest first',
        querystring: pageQuery({
          project: Type.Optional(
            Type.String({ description: 'Only alerts about this project, `registry/path`.' }),
          ),
        }),
        response: {
          200: pageOf({ alerts: Type.Array(AlertRecord, { description: 'The alerts of the page.' }) }),
          '4xx': Problem,
          '5xx': Problem,
        },
      },
      handler: async ({ access, query: { limit, cursor, project } }) => {
        const seen = ifSeen(access, projectOfAlert)
        const { items, next } = await selectSeen({
          read: (...page) => deps.alerts.recent(...page),
          positionOf: deps.alerts.positionOf,
          show: (alert) =>
            project === undefined || projectOfAlert(alert) === project ? seen(alert) : undefined,
          ...{ limit, after: decodeCursor(JournalPosition, cursor) },
        })
        return { alerts: items, next: cursorOf(next) }
      },
    })
  }

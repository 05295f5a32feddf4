import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { AuditEntry, type makeAudit } from '../expiry/audit.ts'
import { JournalPosition } from '../store/journal.ts'
import { cutPage, decodeCursor, pageOf, pageQuery } from './page.ts'
import { Problem } from './problem.ts'
import type { Roles } from './roles.ts'

/** What was asked for and done, newest first. */
export const auditRoute =
  (deps: {
    audit: Pick<ReturnType<typeof makeAudit>, 'recent' | 'positionOf'>
    roles: Roles
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/v1/audit', {
      onRequest: deps.roles.read,
      schema: {
        tags: ['expiry'],
        summary:
          'Who or what has run and stopped expiry, restored and purged, rolled back promotions, and changed quotas, newest first',
        querystring: pageQuery({}),
        response: {
          200: pageOf({ entries: Type.Array(AuditEntry, { description: 'The entries of the page.' }) }),
          '4xx': Problem,
          '5xx': Problem,
        },
      },
      handler: async ({ query: { limit, cursor } }) => {
        const found = await deps.audit.recent(limit + 1, decodeCursor(JournalPosition, cursor))
        const { items, next } = cutPage(found, limit, deps.audit.positionOf)
        return { entries: items, next }
      },
    })
  }

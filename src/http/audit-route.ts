import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { ifSeen, selectSeen } from '../access/select-seen.ts'
import { AuditEntry, type makeAudit } from '../expiry/audit.ts'
import { parseImageName } from '../expiry/image-name.ts'
import { JournalPosition } from '../store/journal.ts'
import { cursorOf, decodeCursor, pageOf, pageQuery } from './page.ts'
import { Problem } from './problem.ts'
import type { Roles } from './roles.ts'

/** What was asked for and done, newest first. */
export const auditRoute =
  (deps: {
    audit: Pick<ReturnType<typeof makeAudit>, 'recent' | 'positionOf'>
    /** The project of a repository, `registry/path`. */
    projectIdOf: (place: { registry: string; repository: string }) => string
    roles: Roles
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    /** Of what is about a registry, a run or the service, there is none. */
    function projectOfEntry({ project, image = '' }: AuditEntry): string | undefined {
      const place = parseImageName(image.replace(/(:[^@/]+)@.*$/, '$1'))
      return project ?? (place && deps.projectIdOf(place))
    }

    app.get('/v1/audit', {
      onRequest: deps.roles.within('read'),
      schema: {
        tags: ['expiry'],
        summary:
          'Who or what has run and stopped expiry, restored and purged, rolled back promotions, changed quotas, and made and revoked tokens, newest first',
        querystring: pageQuery({
          run: Type.Optional(Type.String({ description: 'Only entries about this run, by its id.' })),
        }),
        response: {
          200: pageOf({ entries: Type.Array(AuditEntry, { description: 'The entries of the page.' }) }),
          '4xx': Problem,
          '5xx': Problem,
        },
      },
      handler: async ({ access, query: { run, limit, cursor } }) => {
        const seen = ifSeen(access, projectOfEntry)
        const { items, next } = await selectSeen({
          read: deps.audit.recent,
          positionOf: deps.audit.positionOf,
          show: (entry) => (run === undefined || entry.run === run ? seen(entry) : undefined),
          ...{ limit, after: decodeCursor(JournalPosition, cursor) },
        })
        return { entries: items, next: cursorOf(next) }
      },
    })
  }

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { QuotaSubject } from '../queue/quota-subject.ts'
import { HttpError, Problem } from './problem.ts'
import { type QuotaView, quotaFields } from './quota-view.ts'
import type { Roles } from './roles.ts'

const Answer = Type.Object({
  kind: Type.Enum(['group', 'registry'], { description: 'What it is the quota of.' }),
  id: Type.String({ description: 'The name of the group or registry.' }),
  ...quotaFields,
})

/** The quotas of groups and of registries as a whole. */
export const sumQuotaRoute =
  (deps: {
    quotaView: QuotaView
    /** The groups and registries that have a quota, as configured now. */
    sums: () => readonly QuotaSubject[]
    roles: Roles
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const kinds = [
      ['groups', 'group', 'a group of projects'],
      ['registries', 'registry', 'a registry as a whole'],
    ] as const
    for (const [path, kind, what] of kinds)
      app.get(`/v1/${path}/:name/quota`, {
        onRequest: deps.roles.read,
        schema: {
          tags: ['usage'],
          summary: `The quota of ${what}, how much of it is used, and its flag`,
          params: Type.Object({ name: Type.String({ description: 'Its name in the configuration.' }) }),
          response: { 200: Answer, '4xx': Problem, '5xx': Problem },
        },
        handler: async ({ params: { name: id } }) => {
          const names = deps.sums().flatMap((one) => (one.kind === kind ? [one.id] : []))
          if (!names.includes(id))
            throw new HttpError(
              404,
              `there is no ${kind} "${id}" with a quota: ${names.join(', ') || 'none has one'}`,
            )
          const { override: _, ...view } = await deps.quotaView({ kind, id })
          return { kind, id, ...view }
        },
      })
  }

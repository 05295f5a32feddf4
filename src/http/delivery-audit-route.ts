import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { DeliveryAudit, viewOfAudit } from '../delivery-audit/audit-view.ts'
import type { Audits } from '../delivery-audit/audits.ts'
import { HttpError, Problem } from './problem.ts'
import { registryNamed } from './registry-named.ts'
import type { Roles } from './roles.ts'

/** What a registry says it could not deliver. */
export const deliveryAuditRoute =
  (deps: {
    registries: readonly { name: string; metrics?: unknown }[]
    audits: Pick<Audits, 'state'>
    roles: Roles
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/v1/registries/:name/delivery-audit', {
      onRequest: deps.roles.read,
      schema: {
        tags: ['registries'],
        summary: 'What the processes of a registry counted of their deliveries, against what was taken',
        description:
          'Each minute the metrics of its processes are read (registries.NAME.metrics). What left their queues and did not arrive is lost: a gap, an alert and a reconcile follow.',
        params: Type.Object({ name: Type.String({ description: 'The name of the registry.' }) }),
        response: { 200: DeliveryAudit, '4xx': Problem, '5xx': Problem },
      },
      handler: async ({ params: { name } }) => {
        const registry = registryNamed(deps.registries, name)
        if (registry.metrics === undefined)
          throw new HttpError(
            409,
            `Tallyman does not know the metrics of "${name}": set registries.${name}.metrics in the configuration`,
          )
        const state = await deps.audits.state(name)
        if (state !== undefined) return viewOfAudit(state, Date.now() * 1_000)
        throw new HttpError(404, `the metrics of "${name}" were not read yet: that happens each minute`)
      },
    })
  }

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type TSchema, Type } from 'typebox'
import { type PromotionReceipt, PromotionReceipt as Receipt } from '../promotion/receipt.ts'
import { type Alert, AlertRecord } from '../queue/alert.ts'
import type { Journal } from '../store/journal.ts'
import { Problem } from './problem.ts'
import type { Roles } from './roles.ts'

const Page = Type.Object({ limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }) })
const answer = <S extends TSchema>(schema: S) => ({ 200: schema, '4xx': Problem, '5xx': Problem })

/** Alerts and receipts of promotions, newest first. */
export const recordsRoute =
  (deps: {
    alerts: Journal<Alert>
    receipts: Journal<PromotionReceipt>
    roles: Roles
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.addHook('onRequest', deps.roles.read)

    app.get('/v1/alerts', {
      schema: {
        tags: ['records'],
        summary: 'Alerts, newest first',
        querystring: Page,
        response: answer(Type.Object({ alerts: Type.Array(AlertRecord) })),
      },
      handler: async (request) => ({ alerts: await deps.alerts.recent(request.query.limit) }),
    })

    app.get('/v1/promotions', {
      schema: {
        tags: ['records'],
        summary: 'Receipts of promotions, newest first',
        querystring: Page,
        response: answer(Type.Object({ promotions: Type.Array(Receipt) })),
      },
      handler: async (request) => ({ promotions: await deps.receipts.recent(request.query.limit) }),
    })
  }

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type TSchema, Type } from 'typebox'
import { type PromotionReceipt, PromotionReceipt as Receipt } from '../promotion/receipt.ts'
import { type Alert, AlertRecord } from '../queue/alert.ts'
import { type Journal, JournalPosition } from '../store/journal.ts'
import { cutPage, decodeCursor, pageOf, pageQuery } from './page.ts'
import { Problem } from './problem.ts'
import type { Roles } from './roles.ts'

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

    async function pageIn<T extends { id: string; at: string }>(
      journal: Journal<T>,
      { limit, cursor }: { limit: number; cursor?: string },
    ) {
      const found = await journal.recent(limit + 1, decodeCursor(JournalPosition, cursor))
      return cutPage(found, limit, journal.positionOf)
    }

    app.get('/v1/alerts', {
      schema: {
        tags: ['records'],
        summary: 'Alerts, newest first',
        querystring: pageQuery({}),
        response: answer(
          pageOf({ alerts: Type.Array(AlertRecord, { description: 'The alerts of the page.' }) }),
        ),
      },
      handler: async ({ query }) => {
        const { items, next } = await pageIn(deps.alerts, query)
        return { alerts: items, next }
      },
    })

    app.get('/v1/promotions', {
      schema: {
        tags: ['records'],
        summary: 'Receipts of promotions, newest first',
        querystring: pageQuery({}),
        response: answer(
          pageOf({ promotions: Type.Array(Receipt, { description: 'The receipts of the page.' }) }),
        ),
      },
      handler: async ({ query }) => {
        const { items, next } = await pageIn(deps.receipts, query)
        return { promotions: items, next }
      },
    })
  }

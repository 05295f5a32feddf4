import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Access } from '../access/access.ts'
import { Envelope } from '../promotion/envelope.ts'
import { PromotionReceipt } from '../promotion/receipt.ts'
import type { Receipts } from '../promotion/receipts.ts'
import { noReceipt } from '../promotion/rollback.ts'
import { findRollback } from '../promotion/rollback-of.ts'
import { PromotionStatus } from '../promotion/status.ts'
import { RegistryError } from '../registry/registry-error.ts'
import { HttpError, Problem } from './problem.ts'
import { promotionParams } from './promotion-rollback-route.ts'
import type { Roles } from './roles.ts'
import type { InTurn } from './turns.ts'

const ReceiptCheck = Type.Object({
  receipt: Type.Object(PromotionReceipt.properties, { description: 'The receipt.' }),
  rollback: PromotionStatus.properties.rollback,
  differences: Type.Array(Type.String(), {
    description: 'What differs at the target, for people. Empty: nothing.',
  }),
})

/** The receipt of a promotion: as it is, signed, and compared with the target. */
export const promotionReceiptRoute =
  (deps: {
    receipts: Pick<Receipts, 'find' | 'envelope'>
    /** The project of a repository, `registry/path`. */
    projectIdOf: (place: { registry: string; repository: string }) => string
    /** The names of those that are configured. */
    registries: readonly string[]
    checkReceipt: (receipt: PromotionReceipt) => Promise<string[]>
    roles: Roles
    inTurn: InTurn
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const onRequest = deps.roles.within('read')
    const errors = { '4xx': Problem, '5xx': Problem }

    async function find(id: string, { sees }: Access): Promise<PromotionReceipt> {
      const receipt = await deps.receipts.find(id)
      if (receipt !== undefined && sees(deps.projectIdOf(receipt.from))) return receipt
      throw new HttpError(404, noReceipt(id))
    }

    app.get('/v1/promotions/:id/receipt', {
      onRequest,
      schema: {
        tags: ['promotion'],
        summary: 'The receipt of a promotion or a rollback',
        params: promotionParams,
        response: { 200: PromotionReceipt, ...errors },
      },
      handler: ({ access, params }) => find(params.id, access),
    })

    app.get('/v1/promotions/:id/envelope', {
      onRequest,
      schema: {
        tags: ['promotion'],
        summary: 'The signed receipt of a promotion or a rollback',
        description:
          'A DSSE envelope around an in-toto statement, whose predicate is the receipt. Receipts are signed if `promotion.receiptKey` is set.',
        params: promotionParams,
        response: { 200: Envelope, ...errors },
      },
      handler: async ({ access, params: { id } }) => {
        await find(id, access)
        const envelope = await deps.receipts.envelope(id)
        if (envelope !== undefined) return JSON.parse(envelope.toString())
        throw new HttpError(
          404,
          `the receipt of "${id}" is not signed: promotion.receiptKey was not set when it was written`,
        )
      },
    })

    app.get('/v1/promotions/:id/check', {
      onRequest,
      schema: {
        tags: ['promotion'],
        summary: 'A receipt, and what differs from it at the target',
        description:
          'Asks the target whether the tag names the digest of the receipt, and for each manifest that was copied.',
        params: promotionParams,
        response: { 200: ReceiptCheck, ...errors },
      },
      handler: async ({ access, params }) => {
        const receipt = await find(params.id, access)
        const { registry } = receipt.to
        if (!deps.registries.includes(registry))
          throw new HttpError(409, `the registry "${registry}" is not configured any more`)
        const differences = await deps
          .inTurn(() => deps.checkReceipt(receipt))
          .catch((error: Error) => {
            throw error instanceof RegistryError ? new HttpError(502, error.message) : error
          })
        const rollback = await findRollback(deps.receipts, params.id)
        return { receipt, ...(rollback && { rollback }), differences }
      },
    })
  }

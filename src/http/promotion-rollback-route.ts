import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Audit } from '../expiry/audit.ts'
import { CopyError } from '../promotion/copy/copy-error.ts'
import { PromotionReceipt } from '../promotion/receipt.ts'
import type { Receipts } from '../promotion/receipts.ts'
import { NoSuchPromotion, noReceipt, RollbackRefused } from '../promotion/rollback.ts'
import { PromotionId } from '../promotion/status.ts'
import { TagInHand } from '../promotion/turn.ts'
import { RegistryError } from '../registry/registry-error.ts'
import { askedBy } from './asked-by.ts'
import { HttpError, Problem } from './problem.ts'
import { type HeldSince, requireWritable } from './require-writable.ts'
import { type Roles, whatHas } from './roles.ts'

export const promotionParams = Type.Object({ id: PromotionId })

/** Puts the target tag of a promotion back where it was. */
export const promotionRollbackRoute =
  (deps: {
    rollback: (id: string, by: string) => Promise<PromotionReceipt>
    receipts: Pick<Receipts, 'find'>
    heldSince: HeldSince
    /** The project of a repository, `registry/path`. */
    projectIdOf: (place: { registry: string; repository: string }) => string
    audit: Audit
    roles: Roles
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { roles, audit } = deps
    app.post('/v1/promotions/:id/rollback', {
      onRequest: roles.within('promote'),
      schema: {
        tags: ['promotion'],
        summary: 'Put the target tag of a promotion back where it was before',
        description:
          'The tag names again what it named before; if there was no tag, it is deleted, and the image stays. The answer comes when it is done. It is 409, and nothing was changed, if the promotion is not the last one to its tag, if the tag names something else by now, if what it named before is gone, if a promotion to the tag is in hand, or while a collection of garbage makes the registry read-only.',
        params: promotionParams,
        response: { 200: PromotionReceipt, '4xx': Problem, '5xx': Problem },
      },
      handler: async (request) => {
        const { access, params } = request
        const { id } = params
        const { from, to, rule } = (await deps.receipts.find(id)) ?? {}
        if (from === undefined || to === undefined || !access.sees(deps.projectIdOf(from)))
          throw new HttpError(404, noReceipt(id))
        // No rule has said its target, which may be a place of others, as when it was asked for.
        if (rule === undefined && !access.seesAll)
          throw new HttpError(
            403,
            `this promotion was without a rule: to roll it back needs promote over all projects: ${whatHas(access)}`,
          )
        const note = { by: askedBy(request), action: 'promotion.rolledback', promotion: id }
        await requireWritable(deps.heldSince, to.registry)
        try {
          const receipt = await deps.rollback(id, note.by)
          await audit({ ...note, ...targetOf(receipt), outcome: 'done' })
          return receipt
        } catch (error) {
          if (error instanceof NoSuchPromotion) throw new HttpError(404, error.message)
          const status = statusOf(error)
          if (status === undefined) throw error
          const { message } = error as Error
          await audit({ ...note, outcome: status === 409 ? 'refused' : 'failed', why: message })
          // It may have become read-only meanwhile: that is the reason then.
          if (status === 502) await requireWritable(deps.heldSince, to.registry)
          throw new HttpError(
            status,
            status === 409 ? message : `${message}. It may be done in part: ask for it again`,
          )
        }
      },
    })
  }

function statusOf(error: unknown): 409 | 502 | undefined {
  if (error instanceof RollbackRefused || error instanceof TagInHand) return 409
  return error instanceof RegistryError || error instanceof CopyError ? 502 : undefined
}

const targetOf = ({ to: { registry, repository, tag } }: PromotionReceipt) => ({
  ...{ registry, image: `${registry}/${repository}:${tag}` },
})

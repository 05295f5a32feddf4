import { type Static, Type } from 'typebox'
import { jobId } from '../queue/job-id.ts'
import { PromotionReceipt } from './receipt.ts'
import type { Receipts } from './receipts.ts'

const { at, by } = PromotionReceipt.properties

/** The rollback that undid a promotion. */
export const RollbackOf = Type.Object({
  id: Type.String({ description: 'The id of the rollback.' }),
  ...{ at, by },
  digest: Type.Optional(
    Type.String({ description: 'The manifest that the tag named again. Absent if the tag was deleted.' }),
  ),
})
export type RollbackOf = Static<typeof RollbackOf>

/** The id of the rollback of a promotion: the same each time. */
export const rollbackId = (promotion: string): string => jobId('rollback', promotion)

/** Finds the rollback that undid a promotion; `undefined` if none did. */
export async function findRollback(
  receipts: Pick<Receipts, 'find'>,
  promotion: string,
): Promise<RollbackOf | undefined> {
  const found = await receipts.find(rollbackId(promotion))
  if (found === undefined) return undefined
  const { id, at, by, digest } = found
  return { id, at, by, ...(digest !== undefined && { digest }) }
}

import { type Static, Type } from 'typebox'
import { Undo } from '../expiry/undo.ts'
import type { PlanTotals } from './plan-totals.ts'

/** The last line of a plan as a stream. */
export const PlanEnd = Type.Object({
  asOf: Type.String(),
  images: Type.Integer(),
  policies: Type.Array(Type.String()),
  undo: Undo,
})
export type PlanEnd = Static<typeof PlanEnd>

/** Remarks below a plan. */
export function planNotes({
  policies,
  undo,
  deletes,
  untags,
}: Pick<PlanEnd, 'policies' | 'undo'> & PlanTotals): string[] {
  if (policies.length === 0) return ['no expiry policy is configured (expiry.policies): nothing expires']
  return deletes + untags > 0 ? [undoNote(undo)] : []
}

/** Until when undo is safe, below a plan or a dry run. */
export const undoNote = ({ text }: Undo): string => `if this is deleted now, ${text}`

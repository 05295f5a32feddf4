import { type Static, Type } from 'typebox'
import { Undo } from '../expiry/undo.ts'
import type { PlanTotals } from './plan-totals.ts'

/** The last line of a plan as a stream. */
export const PlanEnd = Type.Object({
  asOf: Type.String(),
  images: Type.Integer(),
  policies: Type.Array(Type.String()),
  undo: Undo,
  plan: Type.Optional(Type.String()),
})
export type PlanEnd = Static<typeof PlanEnd>

/** Remarks below a plan. */
export function planNotes({
  policies,
  undo,
  plan,
  deletes,
  untags,
  notice,
}: Pick<PlanEnd, 'policies' | 'undo' | 'plan'> & PlanTotals): string[] {
  if (policies.length === 0) return ['no expiry policy is configured (expiry.policies): nothing expires']
  if (deletes + untags === 0) return []
  const [policy] = policies
  return [
    ...(notice === undefined ? [] : [noticeNote(notice)]),
    undoNote(undo),
    ...(plan === undefined
      ? []
      : [`to delete this and nothing else: tallyman expire ${policy} --apply --plan ${plan}`]),
  ]
}

/** When what goes was announced, or is. */
function noticeNote({ announced, unannounced, goesFrom }: NonNullable<PlanTotals['notice']>): string {
  const told = goesFrom === undefined ? [] : [`announced ${announced}: the first may go from ${goesFrom} on`]
  const next = unannounced === 0 ? [] : [`not announced yet ${unannounced}: the next run announces them`]
  return [...told, ...next].join('; ')
}

/** Until when undo is safe, below a plan or a dry run. */
export const undoNote = ({ text }: Undo): string => `if this is deleted now, ${text}`

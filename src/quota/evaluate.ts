import { timeAfter } from '../platform/time-after.ts'
import type { Flag } from '../queue/alert.ts'
import { type Quota, quotaKey } from './quota.ts'

/** A flag falls, and a mark is left, only below this share of its threshold. */
const HOLD = 0.95

/** The flag of a subject, and what is needed to evaluate it next time. Times are RFC 3339. */
export interface FlagState {
  flag: Flag
  /** When it last changed; `null` if it was always ok. */
  since: string | null
  /** How many changes people were told. Makes the ids of alerts differ. */
  change: number
  /** The time of the last alert; `null` if there was none. */
  toldAt: string | null
  /** The highest share of `warnAt` that is passed; `null` if none is. */
  mark: number | null
  /** Since when it is past a limit; `null` if it is not. */
  pastSince: string | null
  /** Whether it was escalated since it is over. */
  isEscalated: boolean
  /** What a flag that is not ok was evaluated by (`quotaKey`); '' if it is ok. It is held up by this quota only. */
  quota: string
}

export const NEVER: FlagState = {
  ...{ flag: 'ok', since: null, change: 0, toldAt: null, mark: null },
  ...{ pastSince: null, isEscalated: false, quota: '' },
}

/** One of the limits of a quota, and how much of it is used: bytes, or a number of tags or manifests. */
export interface Used {
  what: Quota['measure'] | 'tags' | 'manifests'
  used: number
  limit: number
}

export type Measured = Record<'bytes' | 'tags' | 'manifests', number>

export interface Evaluation {
  state: FlagState
  /** What people are told. Absent if nothing changed that they should know. */
  change?: { from: Flag; to: Flag; isEscalation: boolean }
  /** When to look again, although nothing may happen until then. */
  lookAt?: Date
}

/** How much of each limit is used, the fullest first. */
export function usedOf({ bytes, tags, manifests }: Measured, quota: Quota): Used[] {
  const all: { what: Used['what']; used: number; limit: number | undefined }[] = [
    { what: quota.measure, used: bytes, limit: quota.limit },
    { what: 'tags', used: tags, limit: quota.maxTags },
    { what: 'manifests', used: manifests, limit: quota.maxManifests },
  ]
  return all.filter((one): one is Used => one.limit !== undefined).toSorted((a, b) => fillOf(b) - fillOf(a))
}

/** The share of a limit that is used. What is empty is never full. */
const fillOf = ({ used, limit }: Used): number => (used === 0 ? 0 : used / limit)

/**
 * Evaluates what is used by a quota. It may be used in full. Of several limits, the fullest decides.
 * - The flag rises with a mark of `warnAt`, or the limit. It falls below 95 % of that, unless the quota is another one now.
 * - It is `over` once the limit was passed for `grace`. Until then it stays `warning`.
 * - People are told each change of the flag, each higher mark, and once that it stays over.
 */
export function evaluate(before: FlagState, measured: Measured, quota: Quota, now: Date): Evaluation {
  const key = quotaKey(quota)
  const fill = Math.max(...usedOf(measured, quota).map(fillOf))
  const hold = before.quota === key ? HOLD : 1
  const isPast = fill > 1
  const pastSince = isPast ? (before.pastSince ?? now.toISOString()) : null
  const overAt = pastSince === null ? undefined : Date.parse(pastSince) + (quota.grace ?? 0)

  const staysOver = before.flag === 'over' && (isPast || (hold < 1 && fill >= hold))
  const isOver = staysOver || (overAt !== undefined && now.getTime() >= overAt)
  const mark = quota.warnAt.findLast((share) => fill >= share || isHeld(share)) ?? null
  const flag = isOver ? 'over' : mark === null ? 'ok' : 'warning'

  function isHeld(share: number): boolean {
    return hold < 1 && before.mark !== null && share <= before.mark && fill >= share * hold
  }

  const isChanged = flag !== before.flag
  const since = isChanged ? now.toISOString() : before.since
  const escalateAt =
    flag === 'over' && quota.escalate && since !== null ? Date.parse(since) + quota.escalate.after : undefined
  const wasEscalated = before.isEscalated && !isChanged
  const isEscalation = !wasEscalated && escalateAt !== undefined && now.getTime() >= escalateAt
  const isHigher = flag === 'warning' && (mark ?? 0) > (before.mark ?? 0)
  const isTold = isChanged || isHigher || isEscalation

  const state: FlagState = {
    ...{ flag, since, mark, pastSince, quota: flag === 'ok' ? '' : key },
    change: before.change + (isTold ? 1 : 0),
    toldAt: isTold ? timeAfter(before.toldAt, now) : before.toldAt,
    isEscalated: wasEscalated || isEscalation,
  }
  const lookAt = isOver ? (state.isEscalated ? undefined : escalateAt) : overAt
  return {
    state,
    ...(isTold && { change: { from: before.flag, to: flag, isEscalation } }),
    ...(lookAt !== undefined && { lookAt: new Date(lookAt) }),
  }
}

/** The state of a subject that has no quota any more. If its flag was not ok, people are told. */
export const withoutQuota = (before: FlagState, now: Date): FlagState => ({
  ...NEVER,
  since: before.flag === 'ok' ? before.since : now.toISOString(),
  toldAt: before.flag === 'ok' ? before.toldAt : timeAfter(before.toldAt, now),
  change: before.change + (before.flag === 'ok' ? 0 : 1),
})

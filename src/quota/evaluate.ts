import type { Flag } from '../queue/alert.ts'

/** A quota as configured: `limit` in bytes, `warnAt` as a fraction of it. */
export interface Quota {
  project: string
  limit: number
  warnAt: number
  /** How long before the limit is likely passed people are told, in ms. Absent: they are not. */
  willExceedWithin?: number | undefined
}

/** The flag for a usage. A project may use its limit in full. An empty project is always ok. */
export function evaluate(uniqueBytes: number, quota: Pick<Quota, 'limit' | 'warnAt'>): Flag {
  if (uniqueBytes === 0) return 'ok'
  if (uniqueBytes > quota.limit) return 'over'
  return uniqueBytes >= quota.limit * quota.warnAt ? 'warning' : 'ok'
}

import type { Flag } from '../queue/alert.ts'

/** A quota as configured: `limit` in bytes, `warnAt` as a fraction of it. */
export interface Quota {
  project: string
  limit: number
  warnAt: number
}

/** The state that a usage puts a project in. The limit itself may be used in full; an empty project is always ok. */
export function evaluate(uniqueBytes: number, quota: Pick<Quota, 'limit' | 'warnAt'>): Flag {
  if (uniqueBytes === 0) return 'ok'
  if (uniqueBytes > quota.limit) return 'over'
  return uniqueBytes >= quota.limit * quota.warnAt ? 'warning' : 'ok'
}

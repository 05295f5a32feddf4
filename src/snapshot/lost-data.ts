import type { ObjectStore } from '../store/object-store.ts'
import { listSnapshots } from './snapshot-key.ts'

/** By how much the data in Redis is younger than the store, once it was lost, in ms: a first start makes both, and clocks differ. */
const YOUNGER_MS = 60_000

/** How long people are told of it, in ms: 7 days. */
const TOLD_MS = 7 * 86_400_000

/** What is lost, and what to do about it. */
export interface LostData {
  what: string
  why: string
  fix: string
}

/**
 * Finds out whether Redis has lost its data, or is another one than before, and the store had no snapshot of it: what Tallyman then
 * knows looks like that of a first start. The function throws errors of Redis and of the store.
 */
export function makeLostData(deps: {
  store: Pick<ObjectStore, 'list'>
  /** Since when the store is in use, epoch ms; `undefined` for one that is new, or not readable. */
  storeSince: () => Promise<number | undefined>
  /** When the data in Redis began, epoch ms; `undefined` if that is not known. */
  dataSince: () => Promise<number | undefined>
  /** epoch ms */
  now: () => number
}): () => Promise<LostData | undefined> {
  /** What was found out about the data that began then. The store may be far away. */
  let found: { since: number; isLost: boolean } | undefined

  async function isLost(since: number): Promise<boolean> {
    if (found?.since === since) return found.isLost
    const storeSince = await deps.storeSince()
    if (storeSince === undefined) return false
    const isYounger = since - storeSince > YOUNGER_MS
    const hasSnapshot = async () =>
      (await listSnapshots(deps.store)).some(({ createdAt }) => Date.parse(createdAt) < since)
    found = { since, isLost: isYounger && !(await hasSnapshot()) }
    return found.isLost
  }

  return async () => {
    const since = await deps.dataSince()
    if (since === undefined || deps.now() - since > TOLD_MS || !(await isLost(since))) return undefined
    return {
      what: `Redis has nothing from before ${new Date(since).toISOString()}: it has lost its data, or is another one, and there was no snapshot to restore`,
      why: 'lost are quota overrides and snoozes, times and numbers of pulls, histories and months of the report, flags of quotas, jobs that waited, and named tokens',
      fix: 'read each registry again, if its confidence is not exact (tallyman registries; tallyman reconcile NAME): before that nothing is deleted there. Then set overrides and snoozes again, and make tokens anew; docs/operations.md, "When something is lost"',
    }
  }
}

/** The same in a line. */
export const lostDataText = ({ what, why, fix }: LostData): string =>
  `${what}. ${capital(why)}. ${capital(fix)}`

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)

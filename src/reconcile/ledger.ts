import type { Cluster, Redis } from 'ioredis'
import type { Drift } from './drift.ts'
import type { ReconcileReport } from './report.ts'

/** An unfinished reconcile: what to go on from after a kill. Times in epoch µs. */
export interface ReconcileRun {
  /** The job's id: another job begins anew. */
  id: string
  /** The moment that it speaks for. */
  readAt: number
  /** The last repository that was dealt with. */
  after?: string
  repositories: number
  drift: Drift
  failed: number
  failures: string[]
  unreadable: number
}

/** A time from which events may be missing, epoch µs (0: since ever), and why. */
export interface Gap {
  since: number
  reason: string
  /** What it is told apart by from others with the same reason: an instance of the registry, say. */
  cause: string
}

/** What is known about how well a registry's index is known. */
export interface Ledger {
  run(registry: string): Promise<ReconcileRun | undefined>
  saveRun(registry: string, run: ReconcileRun): Promise<void>
  /**
   * Ends the run; one that only looked leaves nothing. One that mended all that there was makes the index `exact` as of
   * its `readAt`, and closes the gaps noted before.
   */
  finish(registry: string, report: ReconcileReport, exact: { readAt: number } | undefined): Promise<void>
  /**
   * `notedAt`, epoch µs: only a reconcile that begins later closes the gap. One of the same cause stays as it was noted.
   * Where there are many already, it and those that were noted last become one that is at least as wide.
   */
  noteGap(registry: string, gap: Gap, notedAt: number): Promise<void>
  standing(registry: string): Promise<{ last?: ReconcileReport; exactSince?: number; gaps: Gap[] }>
}

/** Gaps of a registry that are kept apart: while it cannot be read, each minute and each restart may add one. */
const KEPT_APART = 100

export function makeLedger({ redis, prefix }: { redis: Redis | Cluster; prefix: string }): Ledger {
  const hash = (registry: string) => `${prefix}:{${registry}}:reconcile`
  const gaps = (registry: string) => `${prefix}:{${registry}}:gaps`
  return {
    async run(registry) {
      const text = await redis.hget(hash(registry), 'run')
      return text === null ? undefined : JSON.parse(text)
    },
    async saveRun(registry, run) {
      await redis.hset(hash(registry), 'run', JSON.stringify(run))
    },
    async finish(registry, report, exact) {
      const multi = redis.multi().hdel(hash(registry), 'run')
      if (!report.dryRun) multi.hset(hash(registry), 'last', JSON.stringify(report))
      if (exact !== undefined) {
        multi.hset(hash(registry), 'exactSince', `${exact.readAt}`)
        multi.zremrangebyscore(gaps(registry), '-inf', exact.readAt)
      }
      for (const [error] of (await multi.exec()) ?? []) if (error) throw error
    },
    async noteGap(registry, gap, notedAt) {
      const key = gaps(registry)
      const entries = await redis.zrange(key, '0', '-1')
      const known = entries.map((entry): Gap => JSON.parse(entry))
      if (known.some(({ cause }) => cause === gap.cause)) return
      const excess = entries.slice(KEPT_APART - 1)
      if (excess.length === 0) {
        await redis.zadd(key, `${notedAt}`, JSON.stringify(gap))
        return
      }
      const since = Math.min(gap.since, ...known.slice(KEPT_APART - 1).map((one) => one.since))
      const newest = Number(await redis.zscore(key, excess.at(-1) ?? ''))
      // The wider one first: a crash in between leaves too many.
      await redis.zadd(key, `${Math.max(notedAt, newest)}`, JSON.stringify({ ...gap, since }))
      await redis.zrem(key, ...excess)
    },
    async standing(registry) {
      const [[last, exactSince], entries] = await Promise.all([
        redis.hmget(hash(registry), 'last', 'exactSince'),
        redis.zrange(gaps(registry), '0', '-1'),
      ])
      return {
        ...(last && { last: JSON.parse(last) }),
        ...(exactSince && { exactSince: Number(exactSince) }),
        gaps: entries.map((entry): Gap => JSON.parse(entry)),
      }
    },
  }
}

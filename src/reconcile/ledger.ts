import type { Cluster, Redis } from 'ioredis'
import { loadScript } from '../platform/lua-script.ts'
import type { Drift } from './drift.ts'
import type { Loss } from './hold.ts'
import type { ReconcileReport } from './report.ts'

/** An unfinished reconcile, from which the job goes on after a kill. Times are in epoch µs. */
export interface ReconcileRun {
  /** Its job's. Another job starts from the beginning. */
  id: string
  /** The number of requests for a reconcile that came before it began: it answers all of these. */
  covers: number
  /** The time as of which the index is made exact. */
  readAt: number
  /** `readAt` of the first run that read the registry; this one's if there was none before. What later runs find is younger. */
  firstReadAt: number
  /** The last repository that is done. */
  after?: string
  /** Manifests that the index had when it began. */
  manifests: number
  /** Some manifests that the registry had. If it has none of them at the end, its storage went away meanwhile. */
  witnesses: { repository: string; digest: string }[]
  repositories: number
  /** How many repositories there are to read, if that is known before they are read. */
  listed?: number
  drift: Drift
  loss: Loss
  failed: number
  failures: string[]
  /** What could not be read and was left as it was. */
  unreadable: Pick<ReconcileReport, 'unreadable' | 'unreadableRepositories' | 'unreadableImages'>
}

/** Events may be missing since a time, and why. */
export interface Gap {
  /** epoch µs; 0 for since the beginning */
  since: number
  reason: string
  /** Identifies the gap: a second one with the same cause is the same gap. For example an instance of the registry. */
  cause: string
  /** How many events were lost, as far as it is known. Absent if it is not known whether any was. */
  lost?: number
}

/** How exact the index of a registry is. */
export interface IndexStatus {
  /** The report of the last reconcile that was not a dry run. */
  lastReport?: ReconcileReport
  /** The last reconcile that read everything but for some images. */
  exact?: Exact
  gaps: Gap[]
  /** Images that are known not to be whole. */
  broken?: number
  /** Of the requests for a reconcile, how many came before the last finished one began. */
  covered: number
}

export interface Exact {
  /** `readAt`, in epoch µs. */
  since: number
  /** Manifests and tags that could not be read, and in how many repositories they are. */
  images: number
  repositories: number
}

/** Keeps, for each registry, the unfinished reconcile, the last report, and the gaps. */
export interface Ledger {
  unfinishedRun(registry: string): Promise<ReconcileRun | undefined>
  beginRun(registry: string, run: ReconcileRun): Promise<void>
  /** @throws if another run has begun, or Redis has lost this one: what it wrote before may be gone */
  saveRun(registry: string, run: ReconcileRun): Promise<void>
  /** Counts a request for a reconcile that is no dry run. Call it before adding the job. */
  ask(registry: string): Promise<void>
  /** The number of requests so far. */
  asked(registry: string): Promise<number>
  /**
   * Ends the run and keeps its report, unless it was a dry run. If the run read everything but for some images, pass
   * `exact`: the gaps noted until then are closed. @throws as `saveRun`
   */
  finish(
    registry: string,
    report: ReconcileReport,
    run: { id: string; covers: number; exact: Exact | undefined },
  ): Promise<void>
  /**
   * Notes a gap, unless there is one with the same cause. A reconcile whose `readAt` is before `notedAt` (epoch µs) does
   * not close it. Past 100 gaps the latest ones are merged into one that covers them all.
   */
  noteGap(registry: string, gap: Gap, notedAt: number): Promise<void>
  /** Notes how many images of the registry are known not to be whole. */
  noteBroken(registry: string, images: number): Promise<void>
  status(registry: string): Promise<IndexStatus>
}

/** Gaps of a registry that are kept apart. While it cannot be read, each minute and each restart may add one. */
const MOST_GAPS = 100

export function makeLedger({ redis, prefix }: { redis: Redis | Cluster; prefix: string }): Ledger {
  const reconcileKey = (registry: string) => `${prefix}:{${registry}}:reconcile`
  const gapsKey = (registry: string) => `${prefix}:{${registry}}:gaps`
  const saveScript = loadScript(redis, new URL('scripts/save-run.lua', import.meta.url))
  const finishScript = loadScript(redis, new URL('scripts/finish-run.lua', import.meta.url))
  const requireDone = (registry: string, [reply]: Buffer[]) => {
    if (String(reply) !== '1')
      throw new Error(
        `the reconcile of ${registry} cannot go on: another one has begun, or Redis has lost its data`,
      )
  }
  return {
    async unfinishedRun(registry) {
      const text = await redis.hget(reconcileKey(registry), 'run')
      return text === null ? undefined : JSON.parse(text)
    },

    async beginRun(registry, run) {
      await redis.hset(reconcileKey(registry), 'run', JSON.stringify(run))
    },

    async saveRun(registry, run) {
      requireDone(registry, await saveScript([reconcileKey(registry)], [run.id, JSON.stringify(run)]))
    },

    async ask(registry) {
      await redis.hincrby(reconcileKey(registry), 'asked', 1)
    },

    async asked(registry) {
      return Number(await redis.hget(reconcileKey(registry), 'asked'))
    },

    async finish(registry, report, { id, covers, exact }) {
      const last = report.dryRun ? '' : JSON.stringify(report)
      const since = exact === undefined ? ['', ''] : [JSON.stringify(exact), exact.since]
      const keys = [reconcileKey(registry), gapsKey(registry)]
      requireDone(registry, await finishScript(keys, [id, last, covers, ...since]))
    },

    async noteGap(registry, gap, notedAt) {
      const key = gapsKey(registry)
      const entries = await redis.zrange(key, '0', '-1')
      const gaps = entries.map((entry): Gap => JSON.parse(entry))
      if (gaps.some(({ cause }) => cause === gap.cause)) return
      const merged = entries.slice(MOST_GAPS - 1)
      const last = merged.at(-1)
      if (last === undefined) {
        await redis.zadd(key, `${notedAt}`, JSON.stringify(gap))
        return
      }
      const since = Math.min(gap.since, ...gaps.slice(MOST_GAPS - 1).map((one) => one.since))
      const lastNotedAt = Number(await redis.zscore(key, last))
      // Added before the others are removed, so that a crash in between loses no gap.
      const { reason, cause } = gap
      await redis.zadd(
        key,
        `${Math.max(notedAt, lastNotedAt)}`,
        JSON.stringify({ since, reason, cause } satisfies Gap),
      )
      await redis.zrem(key, ...merged)
    },

    async noteBroken(registry, images) {
      await redis.hset(reconcileKey(registry), 'broken', images)
    },

    async status(registry) {
      const [[last, exact, covered, broken], entries] = await Promise.all([
        redis.hmget(reconcileKey(registry), 'last', 'exact', 'covered', 'broken'),
        redis.zrange(gapsKey(registry), '0', '-1'),
      ])
      return {
        ...(last && { lastReport: JSON.parse(last) }),
        ...(exact && { exact: JSON.parse(exact) }),
        gaps: entries.map((entry): Gap => JSON.parse(entry)),
        covered: Number(covered),
        ...(Number(broken) > 0 && { broken: Number(broken) }),
      }
    },
  }
}

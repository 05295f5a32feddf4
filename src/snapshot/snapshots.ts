import type { Cluster, Redis } from 'ioredis'
import type { Histories } from '../history/histories.ts'
import type { Logger } from '../platform/log.ts'
import type { Months } from '../report/months.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { DELETIONS_KEPT_US } from '../usage/fact.ts'
import { splitProjectId } from '../usage/project.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import { baselinesOf } from './baselines.ts'
import { restoringKeyOf } from './is-restoring.ts'
import { applySnapshot, type Restored, verifySnapshot } from './restore-snapshot.ts'
import type { Settings } from './settings.ts'
import { SnapshotError } from './snapshot-error.ts'
import { listSnapshots } from './snapshot-key.ts'
import type { RestoreResult, WriteResult } from './snapshot-result.ts'
import { type OnProgress, writeSnapshot } from './write-snapshot.ts'

/** How long after Redis lost its data the last snapshot from before is kept, in ms: 30 days. */
const KEEP_BEFORE_LOSS_MS = 30 * 86_400_000

/** Writes and restores snapshots of the whole index. Throws a SnapshotError for whatever trying again cannot mend. */
export interface Snapshots {
  /** Writes a snapshot, then deletes old ones. An empty index is not written: it would displace useful snapshots. */
  write(onProgress: OnProgress): Promise<WriteResult>
  /**
   * Restores a snapshot into an empty index, or finishes an interrupted restore of the same snapshot. Checks the whole
   * snapshot before it applies anything. Then enqueues a reconcile of each registry and a check of each quota.
   */
  restore(key: string, onProgress: OnProgress): Promise<RestoreResult>
  /**
   * After Redis has lost its data: restores the newest whole snapshot from before that, into what the index has got since, and
   * enqueues a reconcile of each registry. May run twice. Gives null if there is no such snapshot.
   */
  recover(onProgress: OnProgress): Promise<RestoreResult | null>
}

/**
 * How long after Redis lost its data a snapshot is still restored into the index that was begun since, in ms. The index has all
 * deletions of that time, so that an old fact brings nothing back that was deleted since.
 */
const RECOVER_MS = DELETIONS_KEPT_US / 1000

export function makeSnapshots(deps: {
  store: ObjectStore
  redis: Redis | Cluster
  prefix: string
  index: UsageIndex
  histories: Histories
  settings: Settings
  months: Months
  /** Names of the configured registries. */
  registries: readonly string[]
  /** Those of them that have an index. */
  sources: readonly string[]
  /** Number of snapshots to keep. */
  keep: number
  /** How far back replays may begin, in ms: one snapshot of each week is kept for them. Absent: nothing is recorded. */
  replayMs?: number | undefined
  enqueueReconcile: (registry: string, reason: string) => Promise<unknown>
  /** When the data in Redis began, in epoch ms. */
  dataSince: () => Promise<number>
  recheckQuotas: (projects: readonly string[]) => Promise<unknown>
  now: () => Date
  log: Logger
}): Snapshots {
  const { store, redis, index, histories, months, settings, registries, log } = deps
  const restoringKey = restoringKeyOf(deps.prefix)
  const allProjects = async () => (await Promise.all(registries.map((name) => index.projects(name)))).flat()

  /**
   * Deletes all but the newest snapshots. Keeps `written` even if the clock was set back. Keeps the last one from before Redis
   * lost its data, too, for a time: it has what the registries cannot tell again, such as pulls.
   */
  async function prune(written: string, now: Date, since: number): Promise<string[]> {
    const others = (await listSnapshots(store)).filter(({ key }) => key !== written)
    const isRecent = now.getTime() - since < KEEP_BEFORE_LOSS_MS
    const lastBefore = isRecent ? others.find(({ createdAt }) => Date.parse(createdAt) < since) : undefined
    const { replayMs } = deps
    const baselines = new Set(replayMs === undefined ? [] : baselinesOf(others, now.getTime(), replayMs))
    const old = others.slice(deps.keep - 1).filter((one) => one !== lastBefore && !baselines.has(one))
    for (const { key } of old) await store.delete(key)
    return old.map(({ key }) => key)
  }

  /** Marks the index as being restored from `key`. @throws SnapshotError unless it is empty or marked so already. */
  async function claim(key: string): Promise<void> {
    const unfinished = await redis.get(restoringKey)
    if (unfinished === key) return
    if (unfinished !== null)
      throw new SnapshotError(
        `the restore of ${unfinished} is not finished: restore that snapshot again to finish it; ` +
          `to restore another one, empty Redis first (stop Tallyman, FLUSHDB on every master, start it)`,
      )
    const [first, ...others] = await allProjects()
    if (first !== undefined)
      throw new SnapshotError(
        `the index is not empty: it holds ${first}${others.length > 0 ? ` and ${others.length} more projects` : ''}. ` +
          'A snapshot can only be restored into an empty index. Stop Tallyman and empty its Redis (FLUSHDB on every ' +
          'master), or give it another redis.prefix. Start the API, but only the worker `workers/main.ts snapshot`, ' +
          'so that no event is applied first. Then restore again. To correct the index as it is, reconcile its registries',
      )
    await redis.set(restoringKey, key)
  }

  type Applied = Restored & { key: string }
  const apply = async (key: string, of: number, onProgress: OnProgress): Promise<Applied> => ({
    key,
    ...(await applySnapshot({
      ...{ store, index, histories, months, settings },
      ...{ key, registries, of, onProgress },
    })),
  })

  /** Has what was restored looked at, and the registries `others`, too. The index is whole then, and not exact yet. */
  async function finish(
    { key, projects, facts, skipped }: Applied,
    reason: string,
    others: readonly string[],
  ): Promise<RestoreResult> {
    const reconciling = [...new Set([...projects.map((id) => splitProjectId(id).registry), ...others])]
    for (const registry of reconciling) await deps.enqueueReconcile(registry, reason)
    await deps.recheckQuotas(projects)
    await redis.del(restoringKey)
    const result = { key, projects: projects.length, facts, reconciling, skipped }
    if (key !== '')
      log.info(
        result,
        `snapshot restored: ${key}, ${result.projects} projects, ${facts} facts; to be reconciled: ${reconciling.join(', ')}`,
      )
    return result
  }

  async function recoverNewest(onProgress: OnProgress): Promise<Applied | undefined> {
    const since = await deps.dataSince()
    if (deps.now().getTime() - since > RECOVER_MS) return undefined
    for (const { key, createdAt } of await listSnapshots(store)) {
      if (Date.parse(createdAt) >= since) continue
      try {
        const { projects: of } = await verifySnapshot(store, key)
        await redis.set(restoringKey, key)
        return await apply(key, of, onProgress)
      } catch (err) {
        if (!(err instanceof SnapshotError)) throw err
        log.error({ err }, `a snapshot cannot be restored, so an older one is: ${err.message}`)
      }
    }
    return undefined
  }

  return {
    async write(onProgress) {
      const unfinished = await redis.get(restoringKey)
      if (unfinished !== null)
        throw new SnapshotError(
          `no snapshot was written: the restore of ${unfinished} is not finished, so the index is not whole`,
        )
      const since = await deps.dataSince()
      const projects = await allProjects()
      if (projects.length === 0) {
        log.info('the index is empty: no snapshot was written')
        return { key: null, projects: 0, facts: 0, deleted: [] }
      }
      const createdAt = deps.now()
      const written = await writeSnapshot({
        store,
        index,
        ...{ histories, months, settings },
        registries,
        projects,
        onProgress,
        createdAt,
      })
      if ((await deps.dataSince()) !== since) {
        // It would count as the last one from before the loss, and displace that.
        await store.delete(written.key)
        throw new SnapshotError('no snapshot was written: Redis lost its data meanwhile')
      }
      const deleted = await prune(written.key, createdAt, since)
      log.info(
        { ...written, deleted },
        `snapshot written: ${written.key}, ${written.projects} projects, ${written.facts} facts; old ones deleted: ${deleted.length}`,
      )
      return { ...written, deleted }
    },

    async restore(key, onProgress) {
      const { projects: of } = await verifySnapshot(store, key)
      await claim(key)
      return finish(await apply(key, of, onProgress), 'restored from a snapshot', [])
    },

    async recover(onProgress) {
      const restored = await recoverNewest(onProgress)
      const none = { key: '', projects: [], facts: 0, skipped: [] }
      const result = await finish(restored ?? none, 'Redis lost its data', deps.sources)
      return restored === undefined ? null : result
    },
  }
}

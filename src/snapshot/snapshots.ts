import type { Cluster, Redis } from 'ioredis'
import type { Logger } from '../platform/log.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { splitProjectId } from '../usage/project.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import { applySnapshot, verifySnapshot } from './restore-snapshot.ts'
import { SnapshotError } from './snapshot-error.ts'
import { listSnapshots } from './snapshot-key.ts'
import type { RestoreResult, WriteResult } from './snapshot-result.ts'
import { type OnProgress, writeSnapshot } from './write-snapshot.ts'

/** Snapshots of the whole index. Whatever trying again does not help is thrown as a SnapshotError. */
export interface Snapshots {
  /** Writes one, then deletes all but the newest. An empty index is not written: it would only push out what is of use. */
  write(onProgress: OnProgress): Promise<WriteResult>
  /**
   * Fills an empty index, or one that an unfinished restore of the same snapshot left: nothing is applied before all of
   * the snapshot was read and found whole. Then asks for a reconcile of each registry and a look at each quota.
   */
  restore(key: string, onProgress: OnProgress): Promise<RestoreResult>
}

export function makeSnapshots(deps: {
  store: ObjectStore
  redis: Redis | Cluster
  prefix: string
  index: UsageIndex
  /** Those configured, by name. */
  registries: readonly string[]
  /** How many snapshots stay. */
  keep: number
  enqueueReconcile: (registry: string) => Promise<unknown>
  recheckQuotas: (projects: readonly string[]) => Promise<unknown>
  now: () => Date
  log: Logger
}): Snapshots {
  const { store, redis, index, registries, log } = deps
  /** Holds the key of the snapshot that is being restored, from before the first fact until after the last. */
  const restoring = `${deps.prefix}:restoring`
  const allProjects = async () => (await Promise.all(registries.map((name) => index.projects(name)))).flat()

  /** All but the newest, of which `written` is one even if the clock was put back. */
  async function prune(written: string): Promise<string[]> {
    const others = (await listSnapshots(store)).map(({ key }) => key).filter((key) => key !== written)
    const old = others.slice(deps.keep - 1)
    for (const key of old) await store.delete(key)
    return old
  }

  /** Claims the index for a restore of `key`. */
  async function claim(key: string): Promise<void> {
    const unfinished = await redis.get(restoring)
    if (unfinished === key) return
    if (unfinished !== null)
      throw new SnapshotError(
        `a restore of ${unfinished} has not come to its end: restore that one again, and it does; ` +
          `for another snapshot, empty Redis first (stop Tallyman, FLUSHDB on every master, start it)`,
      )
    const [first, ...others] = await allProjects()
    if (first !== undefined)
      throw new SnapshotError(
        `the index is not empty: it holds ${first}${others.length > 0 ? ` and ${others.length} more projects` : ''}. ` +
          'A snapshot is restored into an empty index only: stop Tallyman, empty its Redis (FLUSHDB on every master) or give it ' +
          'another redis.prefix, start its API and, so that no event comes first, of the workers only ' +
          '`workers/main.ts snapshot`, and restore again. To mend the index as it is, reconcile its registries',
      )
    await redis.set(restoring, key)
  }

  return {
    async write(onProgress) {
      const unfinished = await redis.get(restoring)
      if (unfinished !== null)
        throw new SnapshotError(
          `not written: a restore of ${unfinished} has not come to its end, and the index is not whole before it does`,
        )
      const projects = await allProjects()
      if (projects.length === 0) {
        log.info('the index is empty: no snapshot was written')
        return { key: null, projects: 0, facts: 0, deleted: [] }
      }
      const written = await writeSnapshot({
        ...{ store, index, registries, projects, onProgress, createdAt: deps.now() },
      })
      const deleted = await prune(written.key)
      log.info({ ...written, deleted }, 'snapshot written')
      return { ...written, deleted }
    },

    async restore(key, onProgress) {
      const { projects: of } = await verifySnapshot(store, key)
      await claim(key)
      const { facts, projects, skipped } = await applySnapshot({
        ...{ store, index, key, registries, of, onProgress },
      })
      const reconciling = [...new Set(projects.map((id) => splitProjectId(id).registry))]
      for (const registry of reconciling) await deps.enqueueReconcile(registry)
      await deps.recheckQuotas(projects)
      await redis.del(restoring)
      const result = { key, projects: projects.length, facts, reconciling, skipped }
      log.info(result, 'snapshot restored')
      return result
    },
  }
}

import { Cluster, type Redis } from 'ioredis'
import { loadScript } from '../platform/lua-script.ts'
import { type ApplyOutcome, makeApplyAll } from './apply-all.ts'
import { type Applied, type FactsByProject, makeApplyFacts, WRITE_SCRIPTS } from './apply-facts.ts'
import { decodeTag } from './codec.ts'
import type { DeletionTarget } from './deletion.ts'
import { exportFacts } from './export-facts.ts'
import type { Fact, StandingFact } from './fact.ts'
import { forgetDeletions } from './forget.ts'
import type { IndexedImage } from './indexed-image.ts'
import { projectKeys, recordKeys, registryKeys, writeKeys } from './keys.ts'
import { projectId, splitProjectId } from './project.ts'
import { entriesOf, makeReadImages } from './read-images.ts'
import { type Reclaimable, reclaimableOf } from './reclaimable.ts'
import { retell } from './retell.ts'
import { type ProjectUsage, usageFrom } from './usage.ts'

/** Use of a project; times in epoch µs, 0 for never. */
export interface Activity {
  lastPushAt: number
  lastPullAt: number
  pulls: number
  scans: number
}

/** Every method rejects with the error of Redis if Redis fails. */
export interface UsageIndex {
  /** Applies facts to a project in one atomic call, then tells its registry what the project holds. */
  apply(project: string, facts: readonly Fact[]): Promise<Applied>
  /**
   * Applies facts to several projects. Splits them into calls of at most 100 facts: each call is atomic, the whole is
   * not. Does not reject: an outcome says for each project whether it failed.
   */
  applyAll(byProject: FactsByProject): Promise<Map<string, ApplyOutcome>>
  /** `undefined` if no fact about the project was ever applied. */
  usage(project: string): Promise<ProjectUsage | undefined>
  /** The ids of all projects of a registry, sorted. */
  projects(registry: string): Promise<string[]>
  /** Bytes that a registry's projects hold, each content once. */
  registryBytes(registry: string): Promise<number>
  /**
   * A project's index as facts. Applied to an empty index, they make it the same, but for its `Activity`. They are
   * read page by page while others write: each fact was true when it was read. The digests of blobs and references
   * are `key:` and their first 16 bytes in hex; `apply` accepts these as well as whole digests.
   */
  facts(project: string): AsyncIterable<StandingFact>
  /** Raises a project's activity to at least this, for example from a snapshot. */
  raiseActivity(project: string, activity: Activity): Promise<void>
  /** Forgets deletions from before `before` (epoch µs); gives how many. No event may be older than that any more. */
  forget(project: string, before: number): Promise<number>
  /**
   * Rebuilds a registry's record of what its projects hold, and with it `exclusiveBytes` and `registryBytes`. Makes small,
   * idempotent calls, and others may write meanwhile. Returns how many contents were told.
   */
  retell(registry: string): Promise<number>
  /** Every manifest of a project with its tags, in each repository that has it, as of one moment. */
  images(project: string): Promise<IndexedImage[]>
  /**
   * What the registry's garbage collection would free in addition if the target were deleted first, and the manifests
   * that would go with it. `undefined` if the project has no such target.
   */
  reclaimable(project: string, target: DeletionTarget): Promise<Reclaimable | undefined>
  /** What a tag points to, and since when (epoch µs). `undefined` if no such tag is known. */
  tag(
    project: string,
    repository: string,
    tag: string,
  ): Promise<{ digestKey: string; at: number } | undefined>
}

/** The usage index in Redis. Scripts do the work; this calls them. */
export function makeUsageIndex({ redis, prefix }: { redis: Redis | Cluster; prefix: string }): UsageIndex {
  const load = (...names: string[]) =>
    loadScript(redis, ...names.map((name) => new URL(`scripts/${name}.lua`, import.meta.url)))
  const scripts = {
    export: load('table', 'project', 'export'),
    lookup: load('table', 'lookup'),
    raiseActivity: load(...WRITE_SCRIPTS, 'raise-activity'),
    forget: load('table', 'project', 'forget'),
    tell: load(...WRITE_SCRIPTS, 'tell'),
    page: load('table', 'page'),
  }
  const { listProject, drainOutbox, apply, applyInOneCall } = makeApplyFacts({ redis, prefix, load })
  const applyAll = makeApplyAll({ apply, applyInOneCall }, { isCluster: redis instanceof Cluster })
  const images = makeReadImages({ redis, prefix })
  const readPage = (project: string) => (part: string, position: string) =>
    scripts.export(recordKeys(prefix, project), [part, position])

  return {
    apply,
    applyAll,
    images,

    async usage(project) {
      const { registry, path } = splitProjectId(project)
      const keys = registryKeys(prefix, registry)
      const [meta, number] = await Promise.all([
        redis.hgetall(projectKeys(prefix, project).meta),
        redis.hget(keys.projects, path),
      ])
      if (meta.createdAt === undefined) return undefined
      const exclusive = number === null ? null : await redis.hget(keys.exclusive, number)
      return usageFrom(project, meta, Number(exclusive ?? 0))
    },

    async projects(registry) {
      const paths = await redis.smembers(registryKeys(prefix, registry).paths)
      return paths.sort().map((path) => projectId(registry, path))
    },

    async registryBytes(registry) {
      return Number((await redis.hget(registryKeys(prefix, registry).exclusive, 'total')) ?? 0)
    },

    facts(project) {
      const { repositories } = projectKeys(prefix, project)
      const readRepositories = async () => entriesOf(await redis.callBuffer('HGETALL', repositories))
      return exportFacts(readRepositories, readPage(project))
    },

    async raiseActivity(project, { lastPushAt, lastPullAt, pulls, scans }) {
      await listProject(project)
      const fields = { lastPush: lastPushAt, lastPull: lastPullAt, pulls, scans }
      await scripts.raiseActivity(writeKeys(prefix, project), Object.entries(fields).flat())
    },

    forget(project, before) {
      const forgetFields = async (table: string, fields: Buffer[]) => {
        const [count] = await scripts.forget(recordKeys(prefix, project), [before, table, ...fields])
        return Number(count)
      }
      return forgetDeletions(readPage(project), forgetFields, before)
    },

    async retell(registry) {
      const { paths, holders, projects } = registryKeys(prefix, registry)
      const idOf = (path: string) => projectId(registry, path)
      return retell({
        projects: (await redis.smembers(paths)).sort(),
        readBlobs: (path, position) => readPage(idOf(path))('blobs', position),
        readHolders: (position) => scripts.page([holders], [position]),
        readNumbers: async () =>
          new Map(Object.entries(await redis.hgetall(projects)).map(([path, n]) => [Number(n), path])),
        lookUp: (path, keys) => scripts.lookup([projectKeys(prefix, idOf(path)).blobs], ['digest', ...keys]),
        tell: async (path, keys) => {
          await scripts.tell(writeKeys(prefix, idOf(path)), keys)
          await drainOutbox(idOf(path))
        },
      })
    },

    async reclaimable(project, target) {
      const { blobs } = projectKeys(prefix, project)
      const { holders } = registryKeys(prefix, splitProjectId(project).registry)
      return reclaimableOf(await images(project), target, {
        blobs: (keys) => scripts.lookup([blobs], ['digest', ...keys]),
        holders: (keys) => scripts.lookup([holders], ['digest', ...keys]),
      })
    },

    async tag(project, repository, tag) {
      const keys = projectKeys(prefix, project)
      const record = await redis.hgetBuffer(keys.repositories, repository)
      if (record === null) return undefined
      const field = Buffer.concat([record.subarray(0, 4), Buffer.from(tag)])
      const [found] = await scripts.lookup([keys.tags], ['any', field])
      if (found === undefined || found.length === 0) return undefined
      const { at, key, kind } = decodeTag(field, found)
      return kind === 'untag' ? undefined : { digestKey: key, at }
    },
  }
}

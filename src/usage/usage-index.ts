import type { Cluster, Redis } from 'ioredis'
import { loadScript } from '../platform/lua-script.ts'
import { type Applied, type FactsByProject, makeApplyFacts, type Result } from './apply-facts.ts'
import { decodeBlob, decodeManifest, decodeRepository, decodeTag } from './codec.ts'
import { type DeletionTarget, deletionOf, releasedKeys } from './deletion.ts'
import { exportFacts } from './export-facts.ts'
import type { Fact, StandingFact } from './fact.ts'
import { forgetDeletions } from './forget.ts'
import type { IndexedImage } from './indexed-image.ts'
import { projectKeys, registryKeys, tableKeys } from './keys.ts'
import { projectId, splitProjectId } from './project.ts'
import { type ProjectUsage, usageFrom } from './usage.ts'

/** What a project's users did, besides what it holds; times in epoch µs, 0 for never. */
export interface Activity {
  lastPushAt: number
  lastPullAt: number
  pulls: number
  scans: number
}

export interface Reclaimable {
  bytes: number
  /** Digests, in the target's repository. */
  manifests: string[]
}

export interface UsageIndex {
  /** Applies facts to a project in one atomic call, then tells its registry what the project holds. */
  apply(project: string, facts: readonly Fact[]): Promise<Applied>
  /** The same for several projects in short calls, each for as many as it has room for; atomic is each fact. */
  applyAll(byProject: FactsByProject): Promise<Map<string, Result>>
  usage(project: string): Promise<ProjectUsage | undefined>
  /** Every project of a registry, by id. */
  projects(registry: string): Promise<string[]>
  /** Bytes that a registry's projects hold, each content once. */
  registryBytes(registry: string): Promise<number>
  /**
   * What the index knows of a project, as facts that make an empty index the same but for its `Activity`. Read bit by
   * bit while others write: each fact was true at some moment of the reading. The digests of blobs and references are
   * `key:` and their first 16 bytes in hex, which `apply` takes as well as whole ones.
   */
  facts(project: string): AsyncIterable<StandingFact>
  /** Makes a project's activity at least this, as when it comes out of a snapshot. */
  raiseActivity(project: string, activity: Activity): Promise<void>
  /** Forgets deletions from before a moment (epoch µs) that no event can be older than any more; gives how many. */
  forget(project: string, before: number): Promise<number>
  /** Every manifest of a project with its tags, read at one moment. */
  images(project: string): Promise<IndexedImage[]>
  /**
   * Bytes that the registry's garbage collection would free in addition if the target were deleted first, and the
   * manifests that would go with it; `undefined` where the project has no such target.
   */
  reclaimable(project: string, target: DeletionTarget): Promise<Reclaimable | undefined>
  /** What a tag points to and since when (epoch µs); `undefined` where no such tag is known. */
  tag(
    project: string,
    repository: string,
    tag: string,
  ): Promise<{ digestKey: string; at: number } | undefined>
}

/** Entries of a table that one call asks for. */
const LOOKUP_BATCH = 1000

/** In an entry of `holders`; `scripts/share.lua`. */
const PROJECT_NUMBER_BYTES = 3

/** The usage index in Redis: the edge around its scripts. */
export function makeUsageIndex({ redis, prefix }: { redis: Redis | Cluster; prefix: string }): UsageIndex {
  const load = (...names: string[]) =>
    loadScript(redis, ...names.map((name) => new URL(`scripts/${name}.lua`, import.meta.url)))
  const scripts = {
    export: load('table', 'project', 'export'),
    lookup: load('table', 'lookup'),
    raise: load('raise'),
    forget: load('table', 'project', 'forget'),
  }
  const { list, apply, applyAll } = makeApplyFacts({ redis, prefix, load })

  const tablesOf = (project: string) => tableKeys(prefix, project)

  const repositoriesOf = async (project: string) =>
    pairs(await redis.callBuffer('HGETALL', projectKeys(prefix, project).repositories))

  return {
    apply,
    applyAll,

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

    facts: (project) =>
      exportFacts(
        () => repositoriesOf(project),
        (what, where) => scripts.export(tablesOf(project), [what, where]),
      ),

    async raiseActivity(project, { lastPushAt, lastPullAt, pulls, scans }) {
      await list(project)
      const fields = { lastPush: lastPushAt, lastPull: lastPullAt, pulls, scans }
      await scripts.raise(
        [projectKeys(prefix, project).meta],
        [Date.now() * 1000, ...Object.entries(fields).flat()],
      )
    },

    forget: (project, before) =>
      forgetDeletions(
        (table, bucket) => scripts.export(tablesOf(project), [table, bucket]),
        async (table, fields) => {
          const [count] = await scripts.forget(tablesOf(project), [before, table, ...fields])
          return Number(count)
        },
        before,
      ),

    async images(project) {
      const keys = projectKeys(prefix, project)
      const reply = await redis
        .multi()
        .callBuffer('HGETALL', keys.repositories)
        .callBuffer('HGETALL', keys.manifests)
        .exec()
      const [repositories = [], manifests = []] = (reply ?? []).map(([error, rows]) => {
        if (error) throw error
        return pairs(rows)
      })
      const names = new Map(repositories.map(([name, row]) => [decodeRepository(row).id, name.toString()]))
      return manifests.flatMap(([key, record]) => {
        const { places, extent: _, ...manifest } = decodeManifest(key, record)
        return places.map(({ repository, pushedAt, pulledAt, tags }) => ({
          ...{ ...manifest, repository: names.get(repository) ?? '', pushedAt, pulledAt },
          tags: tags.sort((a, b) => (a.name < b.name ? -1 : 1)),
        }))
      })
    },

    async reclaimable(project, target) {
      const images = await this.images(project)
      const gone = deletionOf(images, target)
      if (gone === undefined) return undefined
      const { holders } = registryKeys(prefix, splitProjectId(project).registry)
      const released = [...releasedKeys(images, gone)].map((key) => Buffer.from(key, 'hex'))
      let bytes = 0
      for (let i = 0; i < released.length; i += LOOKUP_BATCH) {
        const batch = ['digest', ...released.slice(i, i + LOOKUP_BATCH)]
        const [records, sets] = await Promise.all([
          scripts.lookup([projectKeys(prefix, project).blobs], batch),
          scripts.lookup([holders], batch),
        ])
        for (const [n, record] of records.entries())
          if (record.length > 0 && (sets[n]?.length ?? 0) <= PROJECT_NUMBER_BYTES)
            bytes += decodeBlob(record).size
      }
      return { bytes, manifests: gone.map(({ digest }) => digest) }
    },

    async tag(project, repository, tag) {
      const keys = projectKeys(prefix, project)
      const record = await redis.hgetBuffer(keys.repositories, repository)
      if (record === null) return undefined
      const field = Buffer.concat([record.subarray(0, 4), Buffer.from(tag)])
      const [found] = await scripts.lookup([keys.tags], ['any', field])
      if (found === undefined || found.length === 0) return undefined
      const { at, key, kind } = decodeTag(field, found)
      return kind === 'deleted' ? undefined : { digestKey: key, at }
    },
  }
}

/** A raw HGETALL reply as pairs: these fields are bytes and would not survive as the keys of an object. */
function pairs(reply: unknown): [Buffer, Buffer][] {
  const flat = Array.isArray(reply) ? reply : []
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]])
}

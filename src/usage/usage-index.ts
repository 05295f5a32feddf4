import { Cluster, type Redis } from 'ioredis'
import { loadScript } from '../platform/lua-script.ts'
import { type ApplyOutcome, makeStartAll } from './apply-all.ts'
import {
  type Applied,
  CALL_LIMITS,
  type CallLimits,
  type FactsByProject,
  makeApplyFacts,
  WRITE_SCRIPTS,
} from './apply-facts.ts'
import { decodeRepository } from './codec.ts'
import type { DeletionTarget } from './deletion.ts'
import { digestKey } from './digest-key.ts'
import { exportFacts } from './export-facts.ts'
import type { Fact, StandingFact } from './fact.ts'
import { makeFindRepositories } from './find-repositories.ts'
import { forgetDeletions } from './forget.ts'
import type { IndexedImage } from './indexed-image.ts'
import { projectBase, projectKeys, registryKeys, scriptKeys, tableKeys } from './keys.ts'
import { projectId, splitProjectId } from './project.ts'
import { pushersOf } from './pushers.ts'
import { makeReclaim, type Reclaim, type SharedHoldings } from './read-reclaim.ts'
import { indexedImage, makeReadRepository } from './read-repository.ts'
import { reclaimReads } from './reclaim-reads.ts'
import { type Reclaimable, reclaimableOf } from './reclaimable.ts'
import { retell } from './retell.ts'
import { type Share, sharesOf } from './shares.ts'
import { type TaggedImage, tagPage } from './tag-page.ts'
import { type ProjectUsage, usageFrom } from './usage.ts'

/** Use of a project; times in epoch µs, 0 for never. */
export interface Activity {
  lastPushAt: number
  lastPullAt: number
  pulls: number
  scans: number
  /** Who made the latest push; '' if it is not known. */
  lastPushedBy: string
}

/** Every method rejects with the error of Redis if Redis fails. */
export interface UsageIndex {
  /** Applies facts to a project in one atomic call, then tells its registry what the project holds. */
  apply(project: string, facts: readonly Fact[]): Promise<Applied>
  /**
   * Applies facts to several projects. Splits them into calls of at most 55 facts: each call is atomic, the whole is
   * not. Does not reject: an outcome says for each project whether it failed.
   */
  applyAll(byProject: FactsByProject): Promise<Map<string, ApplyOutcome>>
  /**
   * The same, but resolves once the facts are in. Each outcome comes later, once the project's pending work is done: the
   * drop of a large repository takes seconds, for which other projects do not wait.
   */
  startAll(byProject: FactsByProject): Promise<Map<string, Promise<ApplyOutcome>>>
  /** `undefined` if no fact about the project was ever applied. */
  usage(project: string): Promise<ProjectUsage | undefined>
  /**
   * A number that differs from what it was once an image of the project appears or gets a tag, or references become known.
   * Deletions do not change it.
   */
  additions(project: string): Promise<number>
  /** The ids of all projects of a registry, sorted. */
  projects(registry: string): Promise<string[]>
  /** Bytes that a registry's projects hold, each content once. */
  registryBytes(registry: string): Promise<number>
  /**
   * Up to three repositories of a registry that have a blob, which some manifest references. It is cheap, and does not find all:
   * of a project with many repositories or manifests, it looks at a part.
   */
  repositoriesWith(registry: string, digest: string): Promise<string[]>
  /** The names of all repositories of a project that a fact named, also those that hold nothing now. Sorted. */
  repositories(project: string): Promise<string[]>
  /** The repositories of a project that hold a manifest, and how many. In no order. */
  heldRepositories(project: string): Promise<{ name: string; manifests: number }[]>
  /**
   * What the index has of a project, or of one of its repositories, as facts. Applied to an empty index, they make it the
   * same, but for its `Activity`. They are read page by page while others write: each fact was true when it was read. The
   * digests of blobs and references are `key:` and their first 16 bytes in hex; `apply` accepts these as well as whole
   * digests.
   */
  facts(project: string, repository?: string): AsyncIterable<StandingFact>
  /** To be called after Redis has lost its data: forgets which projects this process has put on the lists of registries. */
  forgetLists(): void
  /** Raises a project's activity to at least this, for example from a snapshot. */
  raiseActivity(project: string, activity: Activity): Promise<void>
  /**
   * Forgets deletions from before `before` (epoch µs), and then the project itself, if it is older and nothing of it is
   * left: its counts of pulls go, too. Gives how many deletions. No event may be older than `before` any more.
   */
  forget(project: string, before: number): Promise<number>
  /**
   * Rebuilds a registry's record of what its projects hold, and with it `exclusiveBytes` and `registryBytes`. Makes small,
   * idempotent calls, and others may write meanwhile. Returns how many contents were told.
   */
  retell(registry: string): Promise<number>
  /** Every manifest of a repository with its tags, read page by page while others write. */
  images(project: string, repository: string): Promise<IndexedImage[]>
  /** The manifests with these digests that the repository has. */
  imagesOf(project: string, repository: string, digests: readonly string[]): Promise<IndexedImage[]>
  /** Tags of a repository in order of name, at most `limit` of those after the tag `after`. */
  tags(project: string, repository: string, page: { after?: string; limit: number }): Promise<TaggedImage[]>
  /** Who pushed each tag of a repository last, by tag, where that is known. Costs the tags of the repository. */
  pushersOf(project: string, repository: string): Promise<ReadonlyMap<string, string>>
  /**
   * What the registry's garbage collection would free in addition if the target were deleted first, and the manifests
   * that would go with it. `undefined` if the project has no such target.
   */
  reclaimable(project: string, target: DeletionTarget): Promise<Reclaimable | undefined>
  /**
   * Tells what deleting many images of a project frees, one after the other. Give all projects of a registry in one plan the
   * same `shared`: what several of them give up, the last one frees.
   */
  reclaim(project: string, shared?: SharedHoldings): Reclaim
  /** Who has each of these contents, by the key of its digest. Costs what is asked for. */
  shares(project: string, keys: readonly string[]): Promise<Map<string, Share>>
  /** What a tag points to, and since when (epoch µs). `undefined` if no such tag is known. */
  tag(
    project: string,
    repository: string,
    tag: string,
  ): Promise<{ digestKey: string; at: number } | undefined>
}

/** The usage index in Redis. Scripts do the work; this calls them. */
export function makeUsageIndex({
  redis,
  prefix,
  limits = CALL_LIMITS,
}: {
  redis: Redis | Cluster
  prefix: string
  limits?: CallLimits
}): UsageIndex {
  const load = (...names: string[]) =>
    loadScript(redis, ...names.map((name) => new URL(`scripts/${name}.lua`, import.meta.url)))
  const scripts = {
    lookUp: load('table', 'lookup'),
    raiseActivity: load(...WRITE_SCRIPTS, 'raise-activity'),
    forget: load('table', 'project', 'records', 'forget'),
    forgetProject: load('table', 'project', 'forget-project'),
    tell: load(...WRITE_SCRIPTS, 'tell'),
    page: load('table', 'page'),
    findRepositories: load('table', 'project', 'records', 'find-repositories'),
  }
  const applying = makeApplyFacts({ redis, prefix, load, limits })
  const { listProject, unlistProject, forgetLists, drainOutbox, apply, applyTogether } = applying
  const startAll = makeStartAll({ apply, applyTogether }, { isCluster: redis instanceof Cluster })
  const exportPage = load('table', 'project', 'records', 'export')
  const read = makeReadRepository({ redis, prefix, exportPage, lookUp: scripts.lookUp })
  const repositories = async (project: string) =>
    (await redis.hkeys(projectKeys(prefix, project).repositories)).sort()

  const blobsOf = (project: string) => tableKeys(projectBase(prefix, project), 'blobs')
  const holdersOf = (registry: string) => tableKeys(registryKeys(prefix, registry).base, 'holders')

  return {
    apply,
    startAll,
    repositories,
    forgetLists,

    async applyAll(byProject) {
      const outcomes = await startAll(byProject)
      return new Map(
        await Promise.all([...outcomes].map(async ([project, outcome]) => [project, await outcome] as const)),
      )
    },

    async images(project, repository) {
      const images: IndexedImage[] = []
      for await (const record of read.images(project, repository))
        images.push(indexedImage(repository, record))
      return images
    },

    async imagesOf(project, repository, digests) {
      const found = await read.imagesOf(project, repository, digests.map(digestKey))
      return [...found.values()].map((record) => indexedImage(repository, record))
    },

    async heldRepositories(project) {
      const rows = await redis.hgetallBuffer(projectKeys(prefix, project).repositories)
      return Object.entries(rows).flatMap(([name, row]) => {
        const { manifests } = decodeRepository(row)
        return manifests > 0 ? [{ name, manifests }] : []
      })
    },

    repositoriesWith: makeFindRepositories({
      ...{ redis, prefix, lookUp: scripts.lookUp, page: scripts.page, findIn: scripts.findRepositories },
      now: Date.now,
    }),

    pushersOf: (project, repository) => pushersOf(read, project, repository),

    tags: (project, repository, page) => tagPage(read, { project, repository, ...page }),

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

    additions: async (project) =>
      Number((await redis.hget(projectKeys(prefix, project).meta, 'additions')) ?? 0),

    async projects(registry) {
      const paths = await redis.smembers(registryKeys(prefix, registry).paths)
      return paths.sort().map((path) => projectId(registry, path))
    },

    async registryBytes(registry) {
      return Number((await redis.hget(registryKeys(prefix, registry).exclusive, 'total')) ?? 0)
    },

    async *facts(project, repository) {
      for (const name of repository === undefined ? await repositories(project) : [repository])
        yield* exportFacts(read, project, name)
    },

    async raiseActivity(project, { lastPushAt, lastPushedBy, lastPullAt, pulls, scans }) {
      await listProject(project)
      const values = [lastPushAt, lastPushedBy, lastPullAt, pulls, scans]
      await scripts.raiseActivity(scriptKeys(prefix, project), values)
    },

    async forget(project, before) {
      const keys = scriptKeys(prefix, project)
      let forgotten = 0
      for (const repository of await repositories(project))
        forgotten += await forgetDeletions(
          read,
          async (table, fields) =>
            Number((await scripts.forget(keys, [repository, before, table, ...fields]))[0]),
          { project, repository, before },
        )
      const [isForgotten] = await scripts.forgetProject(keys, [before])
      if (String(isForgotten) === '1') await unlistProject(project)
      return forgotten
    },

    async retell(registry) {
      const { base, paths, projects } = registryKeys(prefix, registry)
      const holders = holdersOf(registry)
      const idOf = (path: string) => projectId(registry, path)
      return retell({
        projects: (await redis.smembers(paths)).sort(),
        readBlobs: (path, position) => scripts.page(blobsOf(idOf(path)), [position]),
        readHolders: (position) => scripts.page(holders, [position]),
        readHoldersOf: (key, position) =>
          scripts.page(tableKeys(base, `holders:in:${key.toString('hex')}`), [position]),
        readOthersOf: (key) => redis.zrangeBuffer(`${base}holders:of:${key.toString('hex')}`, 0, '-1'),
        readNumbers: async () =>
          new Map(Object.entries(await redis.hgetall(projects)).map(([path, n]) => [Number(n), path])),
        lookUp: (path, keys) => scripts.lookUp(blobsOf(idOf(path)), keys),
        tell: async (path, keys) => {
          await scripts.tell(scriptKeys(prefix, idOf(path)), keys)
          await drainOutbox(idOf(path))
        },
      })
    },

    async reclaimable(project, target) {
      const records = await Array.fromAsync(read.images(project, target.repository))
      return reclaimableOf(
        records.map((record) => indexedImage(target.repository, record)),
        target,
        this.reclaim(project),
      )
    },

    reclaim: (project, shared = new Map()) =>
      makeReclaim(reclaimReads({ redis, prefix, lookUp: scripts.lookUp }, project), shared),

    shares: (project, keys) =>
      sharesOf(reclaimReads({ redis, prefix, lookUp: scripts.lookUp }, project), keys),

    async tag(project, repository, tag) {
      const [found] = await read.tagWrites(project, repository, [tag])
      return found === undefined || found.kind === 'untag'
        ? undefined
        : { digestKey: found.key, at: found.at }
    },
  }
}

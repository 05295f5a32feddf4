import { Cluster, type Redis } from 'ioredis'
import type { LuaScript } from '../platform/lua-script.ts'
import { encodeFacts } from './encode-facts.ts'
import type { Fact, ManifestPull, ManifestPush } from './fact.ts'
import { projectKeys, registryKeys, tableKeys } from './keys.ts'
import { splitProjectId } from './project.ts'

export type FactsByProject = ReadonlyMap<string, readonly Fact[]>

export interface Applied {
  /** bytes, after the facts */
  uniqueBytes: number
  /** bytes: how the facts changed them */
  changedBytes: number
  /** Of the facts given, the pushes and pulls whose manifest has to be fetched to know all that it references. */
  unresolved: (ManifestPush | ManifestPull)[]
}

/** What became of one project's facts. */
export type Result = PromiseSettledResult<Applied>

/**
 * Facts in one call of `applyAll`: some 4 ms of Redis' time, for which whoever delivers events waits. With 250 a tenth less
 * events got from HTTP to the index.
 */
const FACTS = 100

/** Entries of an outbox that one call hands to the registry's script. */
const OUTBOX_BATCH = 100

/** For so long a project counts as listed, in ms: a replica that takes over may lack the last of a list. */
const LISTED_MS = 60_000

/** Writes to the usage index: `scripts/apply.lua` for projects, then `scripts/share.lua` for what their registries know. */
export function makeApplyFacts(deps: {
  redis: Redis | Cluster
  prefix: string
  load: (...names: string[]) => LuaScript
}) {
  const { redis, prefix } = deps
  const script = deps.load('table', 'project', 'settle', 'apply')
  const share = deps.load('table', 'share')
  /** Projects that this process has entered into their registry's list, and when, in ms. */
  const listed = new Map<string, number>()

  async function list(project: string): Promise<void> {
    if (Date.now() - (listed.get(project) ?? 0) < LISTED_MS) return
    const { registry, path } = splitProjectId(project)
    await redis.sadd(registryKeys(prefix, registry).paths, path)
    listed.set(project, Date.now())
  }

  /** Safe to run twice, at once, or after a crash: the registry's script applies each entry once, in order. */
  async function drainOutbox(project: string): Promise<void> {
    const { registry, path } = splitProjectId(project)
    const { outbox } = projectKeys(prefix, project)
    const keys = registryKeys(prefix, registry)
    for (let left = true; left; ) {
      const entries = await redis.lrangeBuffer(outbox, 0, OUTBOX_BATCH - 1)
      // What another call adds meanwhile it drains itself.
      left = entries.length === OUTBOX_BATCH
      if (entries.length === 0) return
      await share([keys.holders, keys.projects, keys.applied, keys.exclusive], [path, ...entries])
      // Nearly always one; ioredis takes longer to make a pipeline than to send some commands by themselves.
      await Promise.all(entries.map((entry) => redis.lrem(outbox, 1, entry)))
    }
  }

  /** The projects' keys must be in one slot, where Redis is a cluster. */
  async function call(byProject: FactsByProject): Promise<Map<string, Promise<Applied>>> {
    const projects = [...byProject.keys()]
    await Promise.all(projects.map(list))
    const keys = projects.flatMap((project) => {
      const { outbox, seen, seenBefore } = projectKeys(prefix, project)
      return [...tableKeys(prefix, project), outbox, seen, seenBefore]
    })
    const replies = await script(keys, [Date.now() * 1000, ...[...byProject.values()].map(encodeFacts)])
    const read = async ([project, facts]: [string, readonly Fact[]], reply: Buffer | undefined) => {
      const [unique = 0, changed = 0, waiting = 0, ...numbers] = String(reply).split(' ').map(Number)
      if (waiting > 0) await drainOutbox(project)
      const unresolved = numbers.map((number) => facts[number]).filter(isReported)
      return { uniqueBytes: unique, changedBytes: changed, unresolved }
    }
    return new Map([...byProject].map((entry, n) => [entry[0], read(entry, replies[n])]))
  }

  async function apply(project: string, facts: readonly Fact[]): Promise<Applied> {
    const [applied] = (await call(new Map([[project, facts]]))).values()
    if (applied === undefined) throw new Error('the index gave no answer')
    return applied
  }

  const each = (byProject: FactsByProject) =>
    new Map([...byProject].map(([project, facts]) => [project, apply(project, facts)]))

  /** One that cannot be written, such as for a key of another type, keeps none of the others from it. */
  async function applyAll(byProject: FactsByProject): Promise<Map<string, Result>> {
    const isCluster = redis instanceof Cluster
    const results: Promise<Map<string, Result>>[] = []
    let before: Promise<unknown> = Promise.resolve()
    for (const part of split(byProject, isCluster ? 1 : Number.POSITIVE_INFINITY)) {
      const calling = call(part).catch(() => each(part))
      results.push(calling.then(settled))
      // No more than two under way, so that between them others have their turn with Redis.
      if (!isCluster) await before
      before = calling
    }
    return joined(await Promise.all(results))
  }

  return { list, apply, applyAll }
}

async function settled(applying: ReadonlyMap<string, Promise<Applied>>): Promise<Map<string, Result>> {
  const settle = async ([project, promise]: [string, Promise<Applied>]) => {
    const [result] = await Promise.allSettled([promise])
    return [project, result] as const
  }
  return new Map(await Promise.all([...applying].map(settle)))
}

/** Into parts of at most `FACTS`, and of so many projects. */
function split(byProject: FactsByProject, projects: number): FactsByProject[] {
  const parts: Map<string, readonly Fact[]>[] = []
  let part = new Map<string, readonly Fact[]>()
  let room = 0
  for (const [project, facts] of byProject)
    for (let from = 0; from < facts.length; ) {
      if (room === 0 || part.size === projects) {
        part = new Map()
        parts.push(part)
        room = FACTS
      }
      const some = facts.slice(from, from + room)
      part.set(project, some)
      room -= some.length
      from += some.length
    }
  return parts
}

/** Of a project in several parts what it came to with the last of them, and one failure is the failure of all. */
function joined(parts: readonly ReadonlyMap<string, Result>[]): Map<string, Result> {
  const all = new Map<string, Result>()
  for (const part of parts)
    for (const [project, result] of part) {
      const before = all.get(project)
      if (before?.status === 'rejected') continue
      all.set(project, before && result.status === 'fulfilled' ? sum(before.value, result.value) : result)
    }
  return all
}

const sum = (before: Applied, after: Applied): Result => ({
  status: 'fulfilled',
  value: {
    uniqueBytes: after.uniqueBytes,
    changedBytes: before.changedBytes + after.changedBytes,
    unresolved: [...before.unresolved, ...after.unresolved],
  },
})

const isReported = (fact: Fact | undefined): fact is ManifestPush | ManifestPull =>
  fact?.kind === 'push' || fact?.kind === 'pull'

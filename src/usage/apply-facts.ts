import type { Cluster, Redis } from 'ioredis'
import type { LuaScript } from '../platform/lua-script.ts'
import { shareRuns } from '../platform/share-runs.ts'
import { encodeFacts } from './encode-facts.ts'
import { type Fact, isSighting, type Sighting } from './fact.ts'
import { projectKeys, registryKeys, scriptKeys } from './keys.ts'
import { splitProjectId } from './project.ts'

/** By project id. */
export type FactsByProject = ReadonlyMap<string, readonly Fact[]>

/** What facts made of a project. */
export interface Applied {
  /** By how many bytes the facts changed the project's `uniqueBytes`. */
  changedBytes: number
  /** Of the given facts, the sightings whose manifest must be fetched to know all its references. */
  unresolved: Sighting[]
}

/** The files that every script that writes to a project includes. */
export const WRITE_SCRIPTS = [
  'table',
  'project',
  'records',
  'claims',
  'change-records',
  'write-records',
  'write-changes',
] as const

/**
 * How much one call may do: facts, contents or pages of records, and claims of blobs by manifests. Some 4 ms of Redis' time
 * each. The script leaves the rest to the next call.
 */
export interface CallLimits {
  work: number
  claims: number
}

export const CALL_LIMITS: CallLimits = { work: 60, claims: 110 }

/** Entries of an outbox that are read at once. */
const OUTBOX_BATCH = 100

/** Bytes of entries in one call of the registry's script. They have some 170 changes, which take it some ms. */
const OUTBOX_CALL_BYTES = 4_000

/**
 * How long this process takes a project to be in its registry's list, in ms. Then it adds the project again: after a
 * failover the replica may lack the newest ones.
 */
const LISTED_MS = 60_000

/**
 * Writes to the usage index: `scripts/apply.lua` for projects, then `scripts/update-holders.lua` for their
 * registries.
 */
export function makeApplyFacts(deps: {
  redis: Redis | Cluster
  prefix: string
  load: (...names: string[]) => LuaScript
  limits: CallLimits
}) {
  const { redis, prefix } = deps
  const limits = [deps.limits.work, deps.limits.claims]
  const applyScript = deps.load(...WRITE_SCRIPTS, 'apply')
  const continueScript = deps.load(...WRITE_SCRIPTS, 'continue')
  const updateHolders = deps.load('table', 'holders', 'update-holders')
  /** When this process added a project to its registry's list, in ms. */
  const listedAt = new Map<string, number>()

  /** Adds a project to the list of its registry's projects. */
  async function listProject(project: string): Promise<void> {
    if (Date.now() - (listedAt.get(project) ?? 0) < LISTED_MS) return
    const { registry, path } = splitProjectId(project)
    await redis.sadd(registryKeys(prefix, registry).paths, path)
    listedAt.set(project, Date.now())
  }

  /** Takes a forgotten project off the list, unless a fact has made it anew meanwhile. */
  async function unlistProject(project: string): Promise<void> {
    const { registry, path } = splitProjectId(project)
    await redis.srem(registryKeys(prefix, registry).paths, path)
    listedAt.delete(project)
    if ((await redis.exists(projectKeys(prefix, project).meta)) === 1) await listProject(project)
  }

  /**
   * Tells the registry what the project holds. May run twice, at once with itself, or after a crash: the registry's
   * script applies each entry once, in order.
   */
  const drainOutbox = shareRuns(async (project) => {
    const { registry, path } = splitProjectId(project)
    const { outbox } = projectKeys(prefix, project)
    const keys = registryKeys(prefix, registry)
    for (let isMore = true; isMore; ) {
      const entries = await redis.lrangeBuffer(outbox, 0, OUTBOX_BATCH - 1)
      // A call that adds entries meanwhile drains them itself.
      isMore = entries.length === OUTBOX_BATCH
      if (entries.length === 0) return
      for (const part of partsOf(entries, OUTBOX_CALL_BYTES))
        await updateHolders(
          [keys.holders, keys.projects, keys.applied, keys.exclusive, keys.base],
          [path, ...part],
        )
      // Nearly always one entry. ioredis takes longer to make a pipeline than to send a few commands.
      await Promise.all(entries.map((entry) => redis.lrem(outbox, 1, entry)))
    }
  })

  /** Does the pending work of a project. Gives by how many bytes that changed its `uniqueBytes`. */
  const finishPending = shareRuns(async (project) => {
    let changedBytes = 0
    for (let isMore = true; isMore; ) {
      const state = stateFrom((await continueScript(scriptKeys(prefix, project), limits))[0])
      if (state.outboxEntries > 0) await drainOutbox(project)
      changedBytes += state.changedBytes
      isMore = state.pending > 0
    }
    return changedBytes
  })

  /**
   * Applies facts of several projects together, in as many calls of the script as they need. Each project's promise settles
   * once its pending work is done and its outbox is drained. Where Redis is a cluster, the projects' keys must be in one
   * slot. @throws if a call fails; some facts may be applied then, and others not
   */
  async function applyTogether(byProject: FactsByProject): Promise<Map<string, Promise<Applied>>> {
    await Promise.all([...byProject.keys()].map(listProject))
    const states = new Map<string, ApplyState>()
    // A call takes the first of the facts that are left, as many as it can do. Without facts, it finds what is left to do.
    const left = new Map([...byProject].map(([project, facts]) => [project, makeQueue(facts)]))
    while (left.size > 0) {
      const parts: { project: string; queue: FactQueue; facts: Buffer }[] = []
      let room = deps.limits.work
      for (const [project, queue] of left) {
        if (room <= 0) break
        const { facts, work } = queue.peek(room)
        parts.push({ project, queue, facts })
        room -= work
      }
      const keys = parts.flatMap(({ project }) => scriptKeys(prefix, project))
      const replies = await applyScript(keys, [...parts.map(({ facts }) => facts), ...limits])
      for (const [n, { project, queue }] of parts.entries()) {
        const state = stateFrom(replies[n])
        const unresolved = state.unresolved.map((index) => queue.at(index)).filter(isKnownSighting)
        const before = states.get(project)
        states.set(project, {
          changedBytes: (before?.changedBytes ?? 0) + state.changedBytes,
          unresolved: [...(before?.unresolved ?? []), ...unresolved],
          isToDrain: before?.isToDrain === true || state.outboxEntries > 0,
          isPending: before?.isPending === true || state.pending > 0,
        })
        if (queue.drop(state.factsApplied)) left.delete(project)
      }
    }
    return new Map([...states].map(([project, state]) => [project, finish(project, state)]))
  }

  async function finish(project: string, state: ApplyState): Promise<Applied> {
    const { unresolved } = state
    if (state.isToDrain) await drainOutbox(project)
    const changedBytes = state.changedBytes + (state.isPending ? await finishPending(project) : 0)
    return { changedBytes, unresolved }
  }

  /** Applies facts of one project, as many as fit in each call. @throws the error that Redis answers */
  async function apply(project: string, facts: readonly Fact[]): Promise<Applied> {
    const [applied] = (await applyTogether(new Map([[project, facts]]))).values()
    if (applied === undefined) throw new Error('the index gave no answer')
    return applied
  }

  return { listProject, unlistProject, drainOutbox, apply, applyTogether }
}

type FactQueue = ReturnType<typeof makeQueue>

/** Facts of a project that are encoded once and applied part by part. */
function makeQueue(facts: readonly Fact[]) {
  const { bytes, ends, work } = encodeFacts(facts)
  let first = 0
  const startOf = (n: number) => (n === 0 ? 0 : (ends[n - 1] ?? 0))
  return {
    /** The encoded facts that come first, as many as fit `room`, at least one; and how much work they are. */
    peek(room: number): { facts: Buffer; work: number } {
      let [end, sum] = [first, 0]
      while (end < facts.length && (end === first || sum < room)) sum += work[end++] ?? 0
      return { facts: bytes.subarray(startOf(first), startOf(end)), work: sum }
    },
    /** The nth of the facts that are left. */
    at: (n: number): Fact | undefined => facts[first + n],
    /** Drops so many facts. Gives whether none is left. */
    drop(count: number): boolean {
      first += count
      return first >= facts.length
    },
  }
}

/** What the calls for a project left to do. */
interface ApplyState extends Applied {
  isToDrain: boolean
  isPending: boolean
}

const isKnownSighting = (fact: Fact | undefined): fact is Sighting => fact !== undefined && isSighting(fact)

/** What two calls in a row made of a project. */
export const mergeApplied = (before: Applied, after: Applied): Applied => ({
  changedBytes: before.changedBytes + after.changedBytes,
  unresolved: [...before.unresolved, ...after.unresolved],
})

/** Reads a reply of `scripts/apply.lua` or `scripts/continue.lua`. An empty reply says that nothing was done. */
function stateFrom(reply: Buffer | undefined) {
  const numbers = String(reply ?? '')
    .split(' ')
    .map(Number)
  const [changedBytes = 0, outboxEntries = 0, pending = 0, factsApplied = 0] = numbers
  return { changedBytes, outboxEntries, pending, factsApplied, unresolved: numbers.slice(4) }
}

/** Splits entries, in order, into parts of at most `maxBytes`. Each part has at least one entry. */
function partsOf(entries: readonly Buffer[], maxBytes: number): Buffer[][] {
  const parts: Buffer[][] = []
  let bytes = 0
  for (const entry of entries) {
    bytes += entry.length
    const part = parts.at(-1)
    if (part !== undefined && bytes <= maxBytes) part.push(entry)
    else {
      parts.push([entry])
      bytes = entry.length
    }
  }
  return parts
}

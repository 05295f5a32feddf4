import type { Cluster, Redis } from 'ioredis'
import type { LuaScript } from '../platform/lua-script.ts'
import { shareRuns } from '../platform/share-runs.ts'
import { type Fact, isSighting, type Sighting } from './fact.ts'
import { type FactQueue, makeFactQueue } from './fact-queue.ts'
import { scriptKeys } from './keys.ts'
import { makeDrainOutbox } from './outbox.ts'
import { makeProjectList } from './project-list.ts'

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
  const drainOutbox = makeDrainOutbox({ redis, prefix, load: deps.load })
  const lists = makeProjectList({ redis, prefix })

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
    await Promise.all([...byProject.keys()].map(lists.listProject))
    const states = new Map<string, ApplyState>()
    // A call takes the first of the facts that are left, as many as it can do. Without facts, it finds what is left to do.
    const left = new Map([...byProject].map(([project, facts]) => [project, makeFactQueue(facts)]))
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

  return { ...lists, drainOutbox, apply, applyTogether }
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

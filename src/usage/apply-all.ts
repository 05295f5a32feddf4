import pMap from 'p-map'
import { type Applied, type FactsByProject, type makeApplyFacts, mergeApplied } from './apply-facts.ts'
import type { Fact } from './fact.ts'

/** What became of one project's facts. */
export type ApplyOutcome = PromiseSettledResult<Applied>

/**
 * Facts that are sent with one call of the script: some 4 ms of Redis' time, which whoever delivers events waits for. With
 * 250 a tenth fewer events got from HTTP to the index. The script applies fewer if they are costly.
 */
const FACTS_PER_CALL = 55

/** Calls that one Redis has at a time. Between two calls it serves other clients. */
const CALLS_AT_ONCE = 2

/**
 * Applies facts of several projects, in calls of at most 55 facts. On a cluster each call is for one project, and
 * all run at once. If one project cannot be written (say, a key of the wrong type), the others still are.
 */
export function makeApplyAll(
  { apply, applyTogether }: Pick<ReturnType<typeof makeApplyFacts>, 'apply' | 'applyTogether'>,
  { isCluster }: { isCluster: boolean },
) {
  const applyOneByOne = (byProject: FactsByProject) =>
    new Map([...byProject].map(([project, facts]) => [project, apply(project, facts)]))

  return async function applyAll(byProject: FactsByProject): Promise<Map<string, ApplyOutcome>> {
    const parts = splitIntoCalls(byProject, isCluster ? 1 : Number.POSITIVE_INFINITY)
    const calls = await pMap(
      parts,
      async (part) => {
        const applying = await applyTogether(part).catch(() => applyOneByOne(part))
        // In an object, so that the next call does not wait for the outboxes of this one.
        return { outcomes: settleAll(applying) }
      },
      { concurrency: isCluster ? Number.POSITIVE_INFINITY : CALLS_AT_ONCE },
    )
    return mergeOutcomes(await Promise.all(calls.map(({ outcomes }) => outcomes)))
  }
}

async function settleAll(
  applying: ReadonlyMap<string, Promise<Applied>>,
): Promise<Map<string, ApplyOutcome>> {
  const settle = async ([project, applied]: [string, Promise<Applied>]) => {
    const [outcome] = await Promise.allSettled([applied])
    return [project, outcome] as const
  }
  return new Map(await Promise.all([...applying].map(settle)))
}

/** Splits facts into parts of at most `FACTS_PER_CALL` facts and `maxProjects` projects each. */
function splitIntoCalls(byProject: FactsByProject, maxProjects: number): FactsByProject[] {
  const parts: Map<string, readonly Fact[]>[] = []
  let part = new Map<string, readonly Fact[]>()
  let room = 0
  for (const [project, facts] of byProject)
    for (let from = 0; from < facts.length; ) {
      if (room === 0 || part.size === maxProjects) {
        part = new Map()
        parts.push(part)
        room = FACTS_PER_CALL
      }
      const slice = facts.slice(from, from + room)
      part.set(project, slice)
      room -= slice.length
      from += slice.length
    }
  return parts
}

/** Merges the outcomes of a project that was split over several calls. If any call failed, the project failed. */
function mergeOutcomes(calls: readonly ReadonlyMap<string, ApplyOutcome>[]): Map<string, ApplyOutcome> {
  const merged = new Map<string, ApplyOutcome>()
  for (const outcomes of calls)
    for (const [project, outcome] of outcomes) {
      const before = merged.get(project)
      if (before?.status === 'rejected') continue
      merged.set(
        project,
        before && outcome.status === 'fulfilled'
          ? { status: 'fulfilled', value: mergeApplied(before.value, outcome.value) }
          : outcome,
      )
    }
  return merged
}

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
 * all run at once. If one project cannot be written (say, a key of the wrong type), the others still are. Resolves once
 * the facts are in; the outcome of a project comes once its pending work is done, too, for which the others do not wait.
 */
export function makeStartAll(
  { apply, applyTogether }: Pick<ReturnType<typeof makeApplyFacts>, 'apply' | 'applyTogether'>,
  { isCluster }: { isCluster: boolean },
) {
  const applyOneByOne = (byProject: FactsByProject) =>
    new Map([...byProject].map(([project, facts]) => [project, apply(project, facts)]))

  return async function startAll(byProject: FactsByProject): Promise<Map<string, Promise<ApplyOutcome>>> {
    const parts = splitIntoCalls(byProject, isCluster ? 1 : Number.POSITIVE_INFINITY)
    const calls = await pMap(
      parts,
      async (part) => {
        const applying = await applyTogether(part).catch(() => applyOneByOne(part))
        return new Map([...applying].map(([project, applied]) => [project, settle(applied)]))
      },
      { concurrency: isCluster ? Number.POSITIVE_INFINITY : CALLS_AT_ONCE },
    )
    const byCall = Map.groupBy(
      calls.flatMap((call) => [...call]),
      ([project]) => project,
    )
    return new Map(
      [...byCall].map(([project, parts]) => [
        project,
        Promise.all(parts.map(([, outcome]) => outcome)).then(mergeOutcomes),
      ]),
    )
  }
}

async function settle(applied: Promise<Applied>): Promise<ApplyOutcome> {
  const [outcome] = await Promise.allSettled([applied])
  return outcome
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
const mergeOutcomes = (outcomes: readonly ApplyOutcome[]): ApplyOutcome =>
  outcomes.reduce((before, outcome) => {
    if (before.status === 'rejected') return before
    if (outcome.status === 'rejected') return outcome
    return { status: 'fulfilled', value: mergeApplied(before.value, outcome.value) }
  })

import type { Decision } from '../expiry/decision.ts'
import { type ExpiryPolicy, type PlanOptions, planInPieces } from '../expiry/plan.ts'
import { countMore, isTooMuch, NO_COUNTS } from '../expiry/share.ts'
import { makeGlob } from '../platform/glob.ts'
import type { Pieces } from '../platform/pieces.ts'
import type { StandingFact } from '../usage/fact.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import type { Entry } from './journal-line.ts'
import { outcomeOf, type PolicyOutcome } from './outcome.ts'
import { makeReplayedProject, type ReplayedDelete, type ReplayedProject } from './replayed-project.ts'

/** What is known beside the index: as of now, since nobody recorded it. */
export type Circumstances = Pick<PlanOptions, 'protectionOf' | 'use' | 'details' | 'notUnderstood'>

/** Facts of all projects together beyond which a replay is refused: they take some 500 bytes each. */
export const MOST_FACTS = 2_000_000

/** @throws by `begin` and `tell` if the index of the past does not fit */
export class ReplayTooLarge extends Error {
  override readonly name = 'ReplayTooLarge'
}

/**
 * Replays what a policy would have done: it is told what the index was told, in the same order, and makes and carries out its
 * plan whenever a run is due. The plan is that of expiry (`planInPieces`). It is pure, and works in pieces.
 */
export function makeReplayPolicy(
  policy: ExpiryPolicy,
  {
    projectOf,
    maxShare,
    mostFacts = MOST_FACTS,
  }: {
    /** The project of a repository, registry/path. */
    projectOf: (repository: string) => string
    /** From 0 to 1. */
    maxShare: number
    mostFacts?: number
  },
) {
  const isInScope = makeGlob(policy.project ?? '**')
  const projects = new Map<string, ReplayedProject>()
  const deletes: ReplayedDelete[] = []
  /** Since when what a run would delete was announced, epoch µs. */
  let announced = new Map<string, number>()
  let plans = 0
  let pastShare = 0
  let told = 0
  let unread = 0

  function projectFor(project: string): ReplayedProject | undefined {
    if (!isInScope(project)) return undefined
    const known = projects.get(project) ?? makeReplayedProject(project)
    projects.set(project, known)
    return known
  }

  /** Counting costs a look at each project, so it is done now and then. */
  function checkSize(): void {
    told += 1
    if (told % 10_000 !== 0) return
    let facts = 0
    for (const project of projects.values()) facts += project.facts()
    if (facts > mostFacts)
      throw new ReplayTooLarge(
        `the index of the past has more than ${mostFacts} facts: choose fewer projects with "match.project" in the policy`,
      )
  }

  /** What goes now: all that the plan deletes, or, with a notice, what was announced long enough ago and still goes. */
  function due(decisions: readonly Decision[], at: number, next: Map<string, number>): Decision[] {
    const { notice } = policy
    if (notice === undefined) return [...decisions]
    const isDue = (name: string): boolean => {
      const since = announced.get(name) ?? at
      next.set(name, since)
      return at >= since + notice * 1000
    }
    return decisions.flatMap((decision): Decision[] => {
      const { verdict, repository, digest, untag = [] } = decision
      if (verdict === 'delete') return isDue(`${repository}@${digest}`) ? [decision] : []
      if (verdict === 'keep') return []
      const tags = untag.filter((tag) => isDue(`${repository}@${digest}:${tag}`))
      return tags.length > 0 ? [{ ...decision, untag: tags }] : []
    })
  }

  return {
    /** What was there when the replay begins. */
    begin(fact: StandingFact): void {
      projectFor(projectOf(fact.repository))?.begin(fact)
      checkSize()
    },

    /** What the index was told then. */
    tell({ registry, what, fact }: Entry): void {
      if (registry !== policy.registry) return
      projectFor(projectOf(fact.repository))?.tell({ what, fact })
      checkSize()
    },

    /** The projects in scope, and their images of now. */
    projects: (): IterableIterator<string> => projects.keys(),
    images: (project: string): IndexedImage[] => projects.get(project)?.images() ?? [],

    /** A run at a time, epoch µs. */
    *run(at: number, circumstancesOf: (project: string) => Circumstances): Pieces<void> {
      const next = new Map<string, number>()
      plans += 1
      for (const [name, project] of projects) {
        const decisions = yield* planInPieces(policy, name, project.images(), at, circumstancesOf(name))
        unread += decisions.filter(({ isUnread }) => isUnread).length
        const counts = countMore(NO_COUNTS, decisions)
        if (counts.deletes + counts.untags === 0) continue
        if (isTooMuch(counts, maxShare)) pastShare += 1
        for (const made of project.apply(due(decisions, at, next), at)) deletes.push(made)
        yield
      }
      announced = next
    },

    outcome: (): PolicyOutcome =>
      outcomeOf({ policy: policy.name, registry: policy.registry, plans, pastShare }, deletes),
    /** Decisions that kept an image only since references in its repository are not known. */
    unread: (): number => unread,
    deletes: (): readonly ReplayedDelete[] => deletes,
  }
}
export type ReplayPolicy = ReturnType<typeof makeReplayPolicy>

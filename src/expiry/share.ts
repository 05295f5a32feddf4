import type { RegistryAlert } from '../queue/alert.ts'
import { jobId } from '../queue/job-id.ts'
import type { SharedHoldings } from '../usage/read-reclaim.ts'
import type { Decision, Deleted, Held, RunSummary } from './decision.ts'
import type { ChosenImages } from './evicted.ts'
import type { ExpiryPolicy } from './plan.ts'
import type { Planner } from './planner.ts'
import type { Limit } from './shown-plan.ts'

/** So few images may always be deleted: of three images, one is a third. */
const FEW = 10

/** Counts what the plan of a project deletes, with `limit` no more than that. Give the same `bytes` for all projects of a run. */
export async function countPlan(
  planner: Pick<Planner, 'planProject'>,
  policy: ExpiryPolicy,
  project: string,
  { limit, ...options }: { bytes: SharedHoldings; evicted?: ChosenImages; limit?: Limit | undefined },
): Promise<Omit<Held, 'project'>> {
  let counts = NO_COUNTS
  let bytes = 0
  for await (const all of planner.planProject(policy, project, options)) {
    const decisions = limit === undefined ? all : all.map(limit.of)
    counts = countMore(counts, decisions)
    for (const { reclaimableBytes = 0 } of decisions) bytes += reclaimableBytes
  }
  return { ...counts, bytes }
}

/** Images and tags that go alone, of a project or of some of its repositories. */
export type PlanCounts = Pick<Held, 'deletes' | 'images' | 'untags' | 'tags'>

export const NO_COUNTS: PlanCounts = { deletes: 0, images: 0, untags: 0, tags: 0 }

/** The counts of some repositories, and of one more. */
export function countMore(some: PlanCounts, decisions: readonly Decision[]): PlanCounts {
  const counts = { ...some }
  for (const { verdict, tags, untag = [] } of decisions) {
    counts.images += 1
    counts.tags += tags.length
    counts.untags += untag.length
    if (verdict === 'delete') counts.deletes += 1
  }
  return counts
}

/** Whether so many deletes are a larger share of a project's images, or of its tags, than `maxShare`, from 0 to 1. */
export const isTooMuch = ({ deletes, images, untags, tags }: PlanCounts, maxShare: number): boolean =>
  isMore(deletes, images, maxShare) || isMore(untags, tags, maxShare)

const isMore = (some: number, all: number, maxShare: number): boolean => some > FEW && some > all * maxShare

/** A run has deleted as large a share of a project as it may. */
export class ShareReached extends Error {
  override readonly name = 'ShareReached'
}

/**
 * Counts what a run deletes in a project, since a plan of now may delete more than the plan of the run's begin, which has
 * `counts`. Deletes that are in hand when the share is reached still go.
 */
export function makeShareGuard(counts: Held, maxShare: () => number) {
  const done = { deletes: 0, untags: 0 }
  return {
    note({ outcome }: Pick<Deleted, 'outcome'>): void {
      if (outcome === 'deleted') done.deletes += 1
      if (outcome === 'untagged') done.untags += 1
    },

    /** @throws ShareReached if one delete more is too much */
    check(): void {
      const next = { ...counts, deletes: done.deletes + 1, untags: done.untags + 1 }
      if (isTooMuch(next, maxShare()))
        throw new ShareReached(`expiry.maxShare is reached in ${counts.project}`)
    },

    held: (): Held => ({
      ...counts,
      deletes: Math.max(counts.deletes, done.deletes),
      untags: Math.max(counts.untags, done.untags),
      deleted: done.deletes + done.untags,
    }),
  }
}

/** `12 of 16 images, 3 single tags of 20`, and how many of these are deleted if some are. */
function whatIsHeld({ deletes, images, untags, tags, deleted = 0 }: Held): string {
  const parts = [`${deletes} of ${images} images`]
  if (untags > 0) parts.push(`${untags} single tags of ${tags}`)
  if (deleted > 0) parts.push(`of which ${deleted} are deleted`)
  return parts.join(', ')
}

/** What a plan warns of where a run would delete too much of a project. `undefined` if it would not. */
export function heldWarning(project: string, counts: PlanCounts, maxShare: number): string | undefined {
  if (!isTooMuch(counts, maxShare)) return undefined
  const { deletes, images, untags, tags } = counts
  const parts = [
    ...(isMore(deletes, images, maxShare)
      ? [`${deletes} of ${images} images (${percent(deletes / images)})`]
      : []),
    ...(isMore(untags, tags, maxShare) ? [`${untags} of ${tags} tags (${percent(untags / tags)})`] : []),
  ]
  return `${project}: ${parts.join(' and ')} would go, more than expiry.maxShare (${percent(maxShare)}): a run deletes nothing there without --accept-share`
}

const percent = (share: number): string => `${Math.round(share * 1_000) / 10}%`

/** `ci/team/app (12 of 16 images), ci/team/web (…) and 3 more`. */
function projectsText(held: readonly Held[]): string {
  const projects = held.map((one) => `${one.project} (${whatIsHeld(one)})`)
  const others = projects.length > 5 ? ` and ${projects.length - 5} more` : ''
  return `${projects.slice(0, 5).join(', ')}${others}`
}

const IF_MEANT = 'If this is meant: tallyman expire'

/** What a run held back, or a real one would, and what to do; `undefined` if it was nothing. */
export function heldText({
  policy,
  dryRun,
  held = [],
}: Pick<RunSummary, 'policy' | 'dryRun' | 'held'>): string | undefined {
  if (held.length === 0) return undefined
  const isBegun = held.some(({ deleted }) => deleted !== undefined)
  const what = dryRun ? 'a run deletes nothing' : isBegun ? 'no more was deleted' : 'nothing was deleted'
  return (
    `${what} in ${projectsText(held)}, since that is more than expiry.maxShare. ` +
    `${IF_MEANT} ${policy} --apply --accept-share`
  )
}

/**
 * The alert about projects in which a run deletes nothing, or no more. Runs of one day (RFC 3339 `at`) give one alert about the same
 * projects: a run may be limited to some of them, and must not hide what the next one holds elsewhere.
 */
export function heldAlert(
  { policy, registry, at }: { policy: string; registry: string; at: string },
  held: readonly Held[],
  maxShare: number,
): RegistryAlert {
  return {
    id: jobId(
      ...['expiry held', policy, registry, at.slice(0, 'YYYY-MM-DD'.length)],
      ...held.map(({ project }) => project).toSorted(),
    ),
    ...{ at, registry, event: 'expiry.held' as const },
    text:
      `${registry}: the expiry policy "${policy}" would delete more than ${percent(maxShare)} of the images or tags of ` +
      `${projectsText(held)}, and deletes no more there. ${IF_MEANT} ${policy} --apply --accept-share`,
  }
}

import { Value } from 'typebox/value'
import { type Deleted, Progress, type RunSummary } from '../expiry/decision.ts'
import { formatSize } from '../platform/units.ts'
import { table, tagsCell } from './table.ts'

/** What a run of a policy did, in one line. */
export function runText({
  id,
  policy,
  dryRun,
  outcomes,
  kept,
  state,
  progress,
  stopped,
}: RunSummary): string {
  const { planned, deleted, absent, moved, refused = 0, failed = 0 } = outcomes
  if (state === 'waiting' || state === 'running')
    return `run ${id} of ${policy}: ${state}, ${progressOfRun(progress)}`
  const end = stopped === undefined ? '' : `, ${state}: ${stopped}`
  if (dryRun) return `dry run ${id} of ${policy}: would delete ${planned}, keep ${kept}${end}`
  const rest = [
    ...(moved > 0 ? [`kept since something changed meanwhile ${moved}`] : []),
    ...(refused > 0 ? [`refused by the registry ${refused}`] : []),
    ...(failed > 0 ? [`failed ${failed}`] : []),
  ]
  const done = `deleted ${deleted} (${formatSize(progress.freedBytes)})`
  return [`run ${id} of ${policy}: ${done}, gone already ${absent}, kept ${kept}`, ...rest].join(', ') + end
}

/** How far a run is. Without a plan it has none. */
export function progressOfRun(progress: unknown): string {
  if (!Value.Check(Progress, progress)) return 'it makes its plan'
  const { planned, plannedBytes, done, freedBytes } = progress
  return `${done} of ${planned} images, ${formatSize(freedBytes)} of ${formatSize(plannedBytes)} deleted`
}

/** The images that a run deleted, or would delete, and why. */
export const deleteTable = (deletes: readonly Deleted[]): string[] =>
  table(
    ['OUTCOME', 'REPOSITORY', 'TAGS', 'RULE', 'REASON', 'DIGEST'],
    deletes.map(({ outcome, repository, tags, rule, reason, why, digest }) => [
      ...[outcome, repository, tagsCell(tags), rule ?? 'none', why ?? reason, digest],
    ]),
  )

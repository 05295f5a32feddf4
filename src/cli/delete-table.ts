import type { Deleted, RunSummary } from '../expiry/decision.ts'
import { table, tagsCell } from './table.ts'

/** What a run of a policy did, in one line. */
export function runText({ id, policy, dryRun, outcomes, kept }: RunSummary): string {
  const { planned, deleted, absent, moved } = outcomes
  if (dryRun) return `dry run ${id} of ${policy}: would delete ${planned}, keep ${kept}`
  const rest = moved > 0 ? `, kept since something changed meanwhile ${moved}` : ''
  return `run ${id} of ${policy}: deleted ${deleted}, gone already ${absent}, kept ${kept}${rest}`
}

/** The images that a run deleted, or would delete, and why. */
export const deleteTable = (deletes: readonly Deleted[]): string[] =>
  table(
    ['OUTCOME', 'REPOSITORY', 'TAGS', 'RULE', 'REASON', 'DIGEST'],
    deletes.map(({ outcome, repository, tags, rule, reason, digest }) => [
      ...[outcome, repository, tagsCell(tags), rule ?? 'none', reason, digest],
    ]),
  )

import type { Deleted, RunSummary } from '../expiry/decision.ts'
import { table, tagsCell } from './table.ts'

/** What a run of a policy did, in one line. */
export function runText({ id, policy, dryRun, outcomes, kept, stopped }: RunSummary): string {
  const { planned, deleted, absent, moved, refused = 0, failed = 0 } = outcomes
  if (dryRun) return `dry run ${id} of ${policy}: would delete ${planned}, keep ${kept}`
  const rest = [
    ...(moved > 0 ? [`kept since something changed meanwhile ${moved}`] : []),
    ...(refused > 0 ? [`refused by the registry ${refused}`] : []),
    ...(failed > 0 ? [`failed ${failed}`] : []),
    ...(stopped === undefined ? [] : [`stopped: ${stopped}`]),
  ]
  return [`run ${id} of ${policy}: deleted ${deleted}, gone already ${absent}, kept ${kept}`, ...rest].join(
    ', ',
  )
}

/** The images that a run deleted, or would delete, and why. */
export const deleteTable = (deletes: readonly Deleted[]): string[] =>
  table(
    ['OUTCOME', 'REPOSITORY', 'TAGS', 'RULE', 'REASON', 'DIGEST'],
    deletes.map(({ outcome, repository, tags, rule, reason, why, digest }) => [
      ...[outcome, repository, tagsCell(tags), rule ?? 'none', why ?? reason, digest],
    ]),
  )

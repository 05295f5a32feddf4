import type { Command } from 'commander'
import { Type } from 'typebox'
import { PlanChange } from '../../expiry/plan-diff.ts'
import type { Cli } from '../cli.ts'
import { withColumns } from '../described.ts'
import { columns } from '../output/columns.ts'
import { queryOf } from '../page-options.ts'
import { LONG_MS } from '../service.ts'
import { goingTagsCell, table } from '../table.ts'

const Diff = Type.Object({
  policy: Type.String(),
  asOf: Type.String(),
  compared: Type.Array(
    Type.Object({
      registry: Type.String(),
      run: Type.String(),
      at: Type.String(),
      dryRun: Type.Boolean(),
      held: Type.Array(Type.String()),
    }),
  ),
  counts: Type.Object({ expires: Type.Integer(), stays: Type.Integer(), gone: Type.Integer() }),
  changes: Type.Array(PlanChange),
})

const COLUMNS = columns<PlanChange>(
  ...(['change', 'project', 'repository', 'tags', 'untag', 'digest', 'rule', 'reason'] as const),
)

/** The command `expiry diff`. */
export function addExpiryDiff(group: Command, cli: Cli): void {
  withColumns(group.command('diff'), COLUMNS)
    .summary("Tell what changed in a policy's plan since its last run, and why.")
    .description(
      "Tell what changed in a policy's plan since its last run, dry or real: what expires now, what stays now, and what is gone, with the reasons.",
    )
    .argument('<POLICY>', 'an expiry policy, by its name in the configuration')
    .action(async (policy: string) => {
      const service = await cli.service()
      const path = `/v1/expiry/diff${queryOf({ policy, limit: 10_000 })}`
      const diff = await service.get(path, Diff, LONG_MS)
      for (const { registry, run, at, dryRun, held } of diff.compared) {
        cli.note(`${registry}: since the ${dryRun ? 'dry run' : 'run'} ${run} at ${at}`)
        for (const project of held) cli.note(`${project} is not compared: that run deleted nothing there`)
      }
      const { expires, stays, gone } = diff.counts
      const { changes } = diff
      await cli.show({ value: diff, rows: changes, columns: COLUMNS, lines: linesOf(changes) })
      const total = expires + stays + gone
      const cut = diff.changes.length < total ? ` (the first ${diff.changes.length} are shown)` : ''
      cli.note(
        total === 0
          ? 'nothing has changed'
          : `newly expiring ${expires}, no longer expiring ${stays}, gone since ${gone}${cut}`,
      )
    })
}

const linesOf = (changes: readonly PlanChange[]) =>
  table(
    ['CHANGE', 'REPOSITORY', 'TAGS', 'RULE', 'REASON', 'DIGEST'],
    changes.map((one) => [
      ...[one.change, one.repository, goingTagsCell(one), one.rule ?? 'none', one.reason, one.digest],
    ]),
  )

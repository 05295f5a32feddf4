import { type Command, Option } from 'commander'
import { Type } from 'typebox'
import { RunSummary } from '../../expiry/decision.ts'
import { progressText, runText } from '../../expiry/run-text.ts'
import { heldText } from '../../expiry/share.ts'
import type { AddCommand } from '../cli.ts'
import { CommandError } from '../command-error.ts'
import { confirm, withYes } from '../confirm.ts'
import { runLines } from '../delete-table.ts'
import { withColumns } from '../described.ts'
import { followJob } from '../follow-job.ts'
import { isStreamed } from '../output/printer.ts'
import { undoNote } from '../plan-notes.ts'
import { DELETE_COLUMNS, Deletes, pathOfDeletes } from './runs.ts'

interface Options {
  registry?: string
  apply?: true
  dryRun?: true
  acceptShare?: true
  plan?: string
}

const Asked = Type.Object({ job: Type.String(), dryRun: Type.Boolean() })

export const addExpire: AddCommand = (program, cli) => {
  withColumns(withYes(program.command('expire')), DELETE_COLUMNS)
    .summary('Run an expiry policy now.')
    .description('Run an expiry policy now and tell what it did. Without --apply it deletes nothing.')
    .argument('<POLICY>', 'an expiry policy, by its name in the configuration')
    .option('--registry <NAME>', 'the registry, if the policy is for several')
    .option('--apply', 'delete at the registry what the policy says; at a terminal it asks first')
    .addOption(new Option('--dry-run', 'delete nothing, as without --apply').conflicts('apply'))
    .option('--accept-share', 'also where it deletes more than expiry.maxShare of the images of a project')
    .option('--plan <ID>', 'delete only what this plan deletes: `tallyman expiry plan POLICY` tells its id')
    .action(async (policy: string, { registry, apply, acceptShare, plan }: Options, command: Command) => {
      // Where nobody can be asked, --apply has said it.
      if (apply && cli.ask !== undefined)
        await confirm(cli, command, `delete at the registry what the policy ${policy} says`)
      const service = await cli.service()
      const { job: id } = await service.post(
        '/v1/expiry/runs',
        { policy, registry, dryRun: !apply, acceptShare: acceptShare ?? false, plan },
        Asked,
      )
      const run = await followJob(service, cli, { job: { queue: 'expiry', id } }, RunSummary, progressText)
      for (const warning of run.warnings ?? []) cli.note(`warning: ${warning}`)
      const page = await service.get(pathOfDeletes(run.id), Deletes)
      const { deletes } = page
      if (isStreamed(cli.format())) cli.note(runText(run))
      const shown = { value: { run, ...page }, rows: deletes, columns: DELETE_COLUMNS }
      await cli.show({ ...shown, lines: runLines(run, deletes) })
      if (page.next !== null)
        cli.note(`these are the first ${deletes.length}: tallyman runs ${run.id} --cursor ${page.next}`)
      if (run.state === 'stopped') throw new CommandError(`the run was stopped: ${run.stopped}`)
      if (run.state === 'failed') throw new CommandError(`the run failed: ${run.stopped}`)
      if (apply && run.dryRun)
        throw new CommandError(
          `nothing was deleted: in the configuration of the service the policy ${policy} has the mode plan`,
        )
      if (run.plan !== undefined) cli.note(planNote(run.plan, run.progress.planned))
      const held = heldText(run)
      if (held !== undefined) cli.note(held)
      if (!apply)
        cli.note(
          `nothing was deleted: this was a dry run. With --apply a policy with mode: apply deletes, or announces first if it has notice`,
        )
      if (run.undo !== undefined && run.outcomes.planned > 0) cli.note(undoNote(run.undo))
      if (run.undo !== undefined && run.outcomes.deleted > 0) cli.note(run.undo.text)
    })
}

/** What the run had left of the plan that was applied. */
function planNote(
  { id, images, tags }: { id: string; images: number; tags: number },
  planned: number,
): string {
  const stay = images + tags - planned
  return stay > 0
    ? `of the plan ${id}, ${stay} of ${images + tags} stay now: they were used, kept or changed since, or go later`
    : `the run was limited to the plan ${id}`
}

import { Type } from 'typebox'
import { Deleted, RunSummary } from '../../expiry/decision.ts'
import { countOf, keptIn } from '../../expiry/run-text.ts'
import { heldText } from '../../expiry/share.ts'
import type { AddCommand } from '../cli.ts'
import { runLines } from '../delete-table.ts'
import { Next, noteNext, type PageOptions, queryOf, withPage } from '../page-options.ts'
import { table } from '../table.ts'

const Runs = Type.Object({ runs: Type.Array(RunSummary), ...Next })
export const Deletes = Type.Object({ deletes: Type.Array(Deleted), ...Next })

const pathOfRun = (id: string): string => `/v1/expiry/runs/${encodeURIComponent(id)}`
export const pathOfDeletes = (id: string): string => `${pathOfRun(id)}/deletes`

export const addRuns: AddCommand = (program, cli) => {
  withPage(program.command('runs'))
    .summary('List the runs of the expiry policies.')
    .description(
      'List the runs of the expiry policies, newest first; or tell how far one run is, and what it deleted, and why.',
    )
    .argument('[ID]', 'the ID of a run, as listed')
    .action(async (id: string | undefined, options: PageOptions) => {
      const service = await cli.service()
      if (id === undefined) {
        const page = await service.get(`/v1/expiry/runs${queryOf(options)}`, Runs)
        if (page.runs.length === 0) cli.note('no run yet')
        cli.show(page, tableOf(page.runs))
        if (page.runs.some(({ held }) => held !== undefined))
          cli.note('of HELD projects more than expiry.maxShare would go: tallyman runs ID names them')
        noteNext(cli, page)
        return
      }
      const run = await service.get(pathOfRun(id), RunSummary)
      for (const warning of run.warnings ?? []) cli.note(`warning: ${warning}`)
      const isBegun = run.state !== 'waiting' || run.progress.planned > 0
      const page = isBegun
        ? await service.get(`${pathOfDeletes(id)}${queryOf(options)}`, Deletes)
        : { deletes: [], next: null }
      cli.show({ run, ...page }, runLines(run, page.deletes))
      const held = heldText(run)
      if (held !== undefined) cli.note(held)
      noteNext(cli, page)
    })
}

/** The numbers of a run. Those that are not `always` have a column only if one of them is not 0. */
const NUMBERS: { head: string; of: (run: RunSummary) => number | undefined; always?: true }[] = [
  { head: 'PLANNED', of: ({ progress }) => progress.planned, always: true },
  { head: 'DELETED', of: ({ outcomes }) => outcomes.deleted, always: true },
  { head: 'UNTAGGED', of: ({ outcomes }) => outcomes.untagged },
  { head: 'ANNOUNCED', of: ({ announced }) => countOf(announced) },
  { head: 'WAITING', of: ({ waiting }) => countOf(waiting) },
  { head: 'HELD', of: ({ held = [] }) => held.length },
  { head: 'ABSENT', of: ({ outcomes }) => outcomes.absent, always: true },
  { head: 'MOVED', of: ({ outcomes }) => outcomes.moved, always: true },
  { head: 'REFUSED', of: ({ outcomes }) => outcomes.refused },
  { head: 'FAILED', of: ({ outcomes }) => outcomes.failed },
  { head: 'KEPT', of: keptIn, always: true },
]

function tableOf(runs: readonly RunSummary[]): string[] {
  const numbers = NUMBERS.filter(({ of, always }) => always || runs.some((run) => of(run) !== 0))
  return table(
    ['ID', 'REGISTRY', 'POLICY', 'KIND', 'STATE', ...numbers.map(({ head }) => head)],
    runs.map((run) => [
      ...[run.id, run.registry, run.policy, run.dryRun ? 'dry run' : 'run', run.state],
      ...numbers.map(({ of }) => of(run) ?? { right: 'unknown' }),
    ]),
  )
}

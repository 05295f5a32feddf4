import { Type } from 'typebox'
import { Deleted, RunSummary } from '../../expiry/decision.ts'
import type { AddCommand } from '../cli.ts'
import { deleteTable, runText } from '../delete-table.ts'
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
        cli.show(page, format(page.runs))
        noteNext(cli, page)
        return
      }
      const run = await service.get(pathOfRun(id), RunSummary)
      for (const warning of run.warnings ?? []) cli.note(`warning: ${warning}`)
      const isBegun = run.state !== 'waiting' || run.progress.planned > 0
      const page = isBegun
        ? await service.get(`${pathOfDeletes(id)}${queryOf(options)}`, Deletes)
        : { deletes: [], next: null }
      cli.show({ run, ...page }, [runText(run), ...deleteTable(page.deletes)])
      noteNext(cli, page)
    })
}

const format = (runs: readonly RunSummary[]): string[] =>
  table(
    ['ID', 'REGISTRY', 'POLICY', 'KIND', 'STATE', 'PLANNED', 'DELETED', 'ABSENT', 'MOVED', 'KEPT'],
    runs.map(({ id, registry, policy, dryRun, state, progress, outcomes, kept }) => [
      ...[id, registry, policy, dryRun ? 'dry run' : 'run', state],
      ...[progress.planned, outcomes.deleted, outcomes.absent, outcomes.moved, kept],
    ]),
  )

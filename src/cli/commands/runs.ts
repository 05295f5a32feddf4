import { Type } from 'typebox'
import { Deleted, RunSummary } from '../../expiry/decision.ts'
import { countOf, keptIn, runText } from '../../expiry/run-text.ts'
import { heldText } from '../../expiry/share.ts'
import type { AddCommand } from '../cli.ts'
import { runLines } from '../delete-table.ts'
import { withColumns } from '../described.ts'
import { columns } from '../output/columns.ts'
import { isStreamed } from '../output/printer.ts'
import { Next, type PageOptions, queryOf, withPage } from '../page-options.ts'
import { showList } from '../show-list.ts'
import { table } from '../table.ts'

const Runs = Type.Object({ runs: Type.Array(RunSummary), ...Next })
export const Deletes = Type.Object({ deletes: Type.Array(Deleted), ...Next })

const pathOfRun = (id: string): string => `/v1/expiry/runs/${encodeURIComponent(id)}`
export const pathOfDeletes = (id: string): string => `${pathOfRun(id)}/deletes`

/** What CSV has of what a run deleted, or would delete. */
export const DELETE_COLUMNS = columns<Deleted>(
  ...(['outcome', 'project', 'repository', 'tags', 'untag', 'digest', 'rule', 'reason', 'why'] as const),
  ...(['reclaimableBytes', 'bytes'] as const),
)

const RUN_COLUMNS = columns<RunSummary>(
  ...(['id', 'at', 'registry', 'policy', 'dryRun', 'by', 'state', 'stopped', 'kept'] as const),
  ...(['progress.planned', 'progress.plannedBytes', 'progress.done', 'progress.freedBytes'] as const),
  ...(['outcomes.planned', 'outcomes.plannedTags', 'outcomes.deleted', 'outcomes.untagged'] as const),
  ...(['outcomes.absent', 'outcomes.moved', 'outcomes.refused', 'outcomes.failed'] as const),
  ...(['announced.images', 'announced.tags', 'announced.until', 'waiting.images', 'waiting.tags'] as const),
  'waiting.until',
  ['held', ({ held = [] }) => held.map(({ project }) => project)],
)

export const addRuns: AddCommand = (program, cli) => {
  const command = withPage(program.command('runs'))
    .summary('List the runs of the expiry policies.')
    .description(
      'List the runs of the expiry policies, newest first; or tell how far one run is, and what it deleted, and why.',
    )
    .argument('[ID]', 'the ID of a run, as listed')
    .action(async (id: string | undefined, options: PageOptions) => {
      const service = await cli.service()
      if (id === undefined) {
        const page = await showList(cli, {
          ask: (query) => service.get(`/v1/expiry/runs${queryOf(query)}`, Runs),
          ...{ options, key: 'runs', columns: RUN_COLUMNS, lines: tableOf, none: 'no run yet' },
        })
        if (page.runs.some(({ held }) => held !== undefined))
          cli.note('of HELD projects more than expiry.maxShare would go: tallyman runs ID names them')
        return
      }
      const run = await service.get(pathOfRun(id), RunSummary)
      for (const warning of run.warnings ?? []) cli.note(`warning: ${warning}`)
      const isBegun = run.state !== 'waiting' || run.progress.planned > 0
      if (isStreamed(cli.format())) cli.note(runText(run))
      await showList(cli, {
        ask: async (query) => ({
          run,
          ...(isBegun
            ? await service.get(`${pathOfDeletes(id)}${queryOf(query)}`, Deletes)
            : { deletes: [], next: null }),
        }),
        ...{ options, key: 'deletes', columns: DELETE_COLUMNS },
        lines: (deletes) => runLines(run, deletes),
      })
      const held = heldText(run)
      if (held !== undefined) cli.note(held)
    })
  withColumns(command, RUN_COLUMNS)
  withColumns(command, DELETE_COLUMNS, 'with ID')
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

function tableOf(runs: readonly RunSummary[]) {
  const numbers = NUMBERS.filter(({ of, always }) => always || runs.some((run) => of(run) !== 0))
  return table(
    ['ID', 'REGISTRY', 'POLICY', 'KIND', 'STATE', ...numbers.map(({ head }) => head)],
    runs.map((run) => [
      ...[run.id, run.registry, run.policy, run.dryRun ? 'dry run' : 'run', { word: run.state }],
      ...numbers.map(({ of }) => of(run) ?? { right: 'unknown' }),
    ]),
  )
}

import { Option } from 'commander'
import { Type } from 'typebox'
import { Advice } from '../../collection/advice.ts'
import { runText } from '../../collection/collection-alert.ts'
import { CollectionRun } from '../../collection/collection-run.ts'
import { formatDuration, formatSize } from '../../platform/units.ts'
import { JobAsked } from '../../queue/job-status.ts'
import type { AddCommand, Cli } from '../cli.ts'
import { CommandError } from '../command-error.ts'
import { withColumns } from '../described.ts'
import { followJob } from '../follow-job.ts'
import { addGroup } from '../group.ts'
import { columns } from '../output/columns.ts'
import type { Line } from '../output/line.ts'
import { Next, type PageOptions, queryOf, withPage } from '../page-options.ts'
import { showList } from '../show-list.ts'
import { fields, table } from '../table.ts'

const RUN = columns<CollectionRun>(
  ...(['id', 'at', 'registry', 'mode', 'by', 'phase', 'outcome', 'dryRun', 'force', 'isHeld'] as const),
  ...(['promised.blobs', 'promised.bytes', 'freed.blobs', 'freed.bytes', 'pauseMs'] as const),
  ...(['endedAt', 'error'] as const),
)

const ADVICE = columns<Advice>(
  ...(['registry', 'at', 'pays', 'paysFrom', 'collectable.blobs', 'collectable.bytes'] as const),
  ...(['undoable.images', 'undoable.bytes', 'undoable.until', 'share', 'bytesPerDay'] as const),
  ...(['lastCollection.at', 'lastCollection.seen', 'lastCollection.freed'] as const),
)

const Stopped = Type.Object({ stopped: Type.Array(Type.String()) })
const STOPPED = columns<{ collection: string }>('collection')

const pathOf = (registry: string): string => `/v1/registries/${encodeURIComponent(registry)}/collections`

export const addGc: AddCommand = (program, cli) => {
  const gc = addGroup(program, 'gc').description(
    'Collect the garbage of a registry, and look at what that frees.',
  )

  withColumns(gc.command('run'), RUN)
    .summary('Collect the garbage of a registry.')
    .description(
      'Collect the garbage of a registry: behind a barrier, while it runs; or by its hooks, which make it read-only, run its collector, and let writes in again. It is refused if something speaks against it.',
    )
    .argument('<REGISTRY>', 'a registry, by its name in the configuration')
    .option('--dry-run', 'only look what speaks against it, and what it would free', false)
    .addOption(
      new Option('--mode <MODE>', 'how; default: behind the barrier where it is configured').choices([
        ...['conduct', 'barrier'],
      ]),
    )
    .option('--force', 'run it whatever speaks against it', false)
    .action(async (registry: string, body: { dryRun: boolean; force: boolean; mode?: string }) => {
      const service = await cli.service()
      const asked = await service.post(pathOf(registry), body, JobAsked)
      const run = await followJob(service, cli, asked, CollectionRun, phaseText)
      for (const problem of run.problems) cli.note(`against it: ${problem}`)
      await cli.show({ value: run, columns: RUN, lines: linesOf(run) })
      if (run.outcome !== 'done' && run.outcome !== 'planned')
        throw new CommandError(`${run.outcome}: ${run.error ?? 'no reason given'}`)
    })

  withPage(withColumns(gc.command('status'), RUN))
    .summary('Show the collections of a registry.')
    .description('Show the collections of a registry, the newest first, or one of them with its phases.')
    .argument('<REGISTRY>', 'a registry, by its name in the configuration')
    .argument('[COLLECTION]', 'the id of a collection')
    .action(async (registry: string, id: string | undefined, options: PageOptions) => {
      const service = await cli.service()
      if (id !== undefined) {
        const run = await service.get(`${pathOf(registry)}/${encodeURIComponent(id)}`, CollectionRun)
        await cli.show({ value: run, columns: RUN, lines: linesOf(run) })
        return
      }
      await showRuns(cli, registry, options)
    })

  withColumns(gc.command('stop'), STOPPED)
    .summary('Stop the collection of a registry.')
    .description('Stop the collection of a registry. It lets writes in again before it ends.')
    .argument('<REGISTRY>', 'a registry, by its name in the configuration')
    .action(async (registry: string) => {
      const service = await cli.service()
      const answer = await service.post(`${pathOf(registry)}/stop`, {}, Stopped)
      if (answer.stopped.length === 0) cli.note('no collection is under way or waits')
      const rows = answer.stopped.map((collection) => ({ collection }))
      await cli.show({
        ...{ value: answer, rows, columns: STOPPED },
        lines: table(
          ['STOPPED'],
          answer.stopped.map((one) => [one]),
        ),
      })
    })

  withColumns(gc.command('advise'), ADVICE)
    .summary('Tell whether a collection pays.')
    .description('Tell what a collection of garbage would free, when the last one was, and whether one pays.')
    .argument('<REGISTRY>', 'a registry, by its name in the configuration')
    .action(async (registry: string) => {
      const service = await cli.service()
      const advice = await service.get(`${pathOf(registry)}/advice`, Advice)
      cli.note(`as of the survey of ${advice.at}`)
      await cli.show({ value: advice, columns: ADVICE, lines: [advice.text] })
    })
}

const Runs = Type.Object({ collections: Type.Array(CollectionRun), ...Next })

async function showRuns(cli: Cli, registry: string, options: PageOptions): Promise<void> {
  const service = await cli.service()
  await showList(cli, {
    ask: (query) => service.get(`${pathOf(registry)}${queryOf(query)}`, Runs),
    ...{ options, key: 'collections', columns: RUN, none: 'no collection was asked for yet' },
    lines: (runs) =>
      table(
        ['COLLECTION', 'ASKED', 'STATE', 'BY', 'PROMISED', 'FREED', 'PAUSE'],
        runs.map((run) => [
          ...[run.id, run.at, run.outcome ?? run.phase, run.by],
          ...[sizeOf(run.promised), sizeOf(run.freed), pauseOf(run)],
        ]),
      ),
  })
}

const phaseText = (progress: object): string => ('phase' in progress ? String(progress.phase) : 'waiting')

const sizeOf = (amount: CollectionRun['freed']): string =>
  amount === null ? 'not known' : formatSize(amount.bytes)

const pauseOf = ({ pauseMs }: CollectionRun): string => (pauseMs === null ? 'none' : formatDuration(pauseMs))

function linesOf(run: CollectionRun): Line[] {
  const phases = run.phases.map(({ phase, at, tookMs, error = '', note = '' }) => [
    ...[phase, at, tookMs === null ? '' : formatDuration(tookMs), [error, note].filter(Boolean).join('; ')],
  ])
  return [
    ...fields([
      ['collection', run.id],
      ['state', run.outcome ?? run.phase],
      ['asked', `${run.at} by ${run.by}`],
      ['promised', sizeOf(run.promised)],
      ['freed', sizeOf(run.freed)],
      ['pause', pauseOf(run)],
    ]),
    '',
    ...table(['PHASE', 'BEGAN', 'TOOK', 'WHY NOT'], phases),
    ...(phases.length > 0 ? [''] : []),
    runText(run),
  ]
}

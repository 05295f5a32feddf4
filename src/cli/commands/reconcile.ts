import { JobAsked } from '../../queue/job-status.ts'
import { NO_DRIFT } from '../../reconcile/drift.ts'
import { holdText } from '../../reconcile/hold.ts'
import { ReconcileReport } from '../../reconcile/report.ts'
import type { AddCommand, Cli } from '../cli.ts'
import { CommandError } from '../command-error.ts'
import { withColumns } from '../described.ts'
import { followJob } from '../follow-job.ts'
import { columns } from '../output/columns.ts'
import type { Line } from '../output/line.ts'
import { table } from '../table.ts'

const DRIFT = Object.keys(NO_DRIFT) as (keyof ReconcileReport['drift'])[]

const COLUMNS = columns<ReconcileReport>(
  ...(['registry', 'method', 'reason', 'dryRun', 'repositories', 'readAt', 'finishedAt'] as const),
  ...DRIFT.map((kind) => `drift.${kind}` as const),
  ...(['hold.what', 'failed', 'unreadable', 'unreadableRepositories'] as const),
)

export const addReconcile: AddCommand = (program, cli) => {
  withColumns(program.command('reconcile'), COLUMNS)
    .description('Compare the index with a registry and correct the index.')
    .argument('<REGISTRY>', 'a registry, by its name in the configuration')
    .option('--dry-run', 'only compare', false)
    .option('--accept-loss', 'remove what is missing, even if the run holds it back', false)
    .action(async (registry: string, body: { dryRun: boolean; acceptLoss: boolean }) => {
      const service = await cli.service()
      const path = `/v1/registries/${encodeURIComponent(registry)}/reconcile`
      const asked = await service.post(path, body, JobAsked)
      const report = await followJob(service, cli, asked, ReconcileReport)
      noteUnread(cli, report.failures, report.failed)
      const images = report.unreadableImages.map((one) => `${one.repository}, ${one.image}: ${one.reason}`)
      noteUnread(cli, images, report.unreadable)
      cli.note(coverageOf(report))
      await cli.show({ value: report, columns: COLUMNS, lines: formatDrift(report, titleOf(report)) })
      const { failed, unreadable } = report
      if (report.hold) throw new CommandError(holdText(registry, report.hold))
      if (failed + unreadable > 0) throw new CommandError(`not all of "${registry}" could be read`)
    })
}

/** What could not be read is shown up to this. A registry that is down would fill the screen and hide the result. */
const FEW = 10

function noteUnread(cli: Pick<Cli, 'note'>, what: readonly string[], total: number): void {
  for (const one of what.slice(0, FEW)) cli.note(`could not be read: ${one}`)
  const rest = total - Math.min(what.length, FEW)
  if (rest > 0) cli.note(`could not be read: ${rest} more (--output json has the first ${what.length})`)
}

const titleOf = ({ dryRun, hold }: ReconcileReport): string =>
  hold ? 'DIFFERS' : dryRun ? 'WOULD BE MENDED' : 'MENDED'

const coverageOf = ({ repositories, method, failed, unreadable }: ReconcileReport): string =>
  method === 'events'
    ? 'a pull-through cache: not read, since its API answers for its upstream (docs/usage.md, Reconcile)'
    : `repositories ${repositories}, read over its ${method}; not read ${failed}, unreadable manifests and tags ${unreadable}`

function formatDrift({ drift, failed, unreadable }: ReconcileReport, title: string): Line[] {
  const rows = Object.entries(drift).filter(([, count]) => count > 0)
  const isAllRead = failed + unreadable === 0
  if (rows.length === 0) return [isAllRead ? 'nothing differs' : 'nothing differs in what could be read']
  return table([title, 'COUNT'], rows)
}

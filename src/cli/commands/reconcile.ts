import { JobAsked } from '../../queue/job-status.ts'
import { ReconcileReport } from '../../reconcile/report.ts'
import type { AddCommand } from '../cli.ts'
import { followJob } from '../follow-job.ts'
import { table } from '../table.ts'

export const addReconcile: AddCommand = (program, cli) => {
  program
    .command('reconcile')
    .description('Compare the index with a registry and correct the index.')
    .argument('<REGISTRY>', 'a registry, by its name in the configuration')
    .option('--dry-run', 'only compare', false)
    .action(async (registry: string, { dryRun }: { dryRun: boolean }) => {
      const service = await cli.service()
      const path = `/v1/registries/${encodeURIComponent(registry)}/reconcile`
      const asked = await service.post(path, { dryRun }, JobAsked)
      const report = await followJob(service, cli, asked, ReconcileReport)
      for (const failure of report.failures) cli.note(`could not be read: ${failure}`)
      cli.note(coverageOf(report))
      cli.print(...formatDrift(report, dryRun ? 'WOULD BE MENDED' : 'MENDED'))
    })
}

const coverageOf = ({ repositories, method, failed, unreadable }: ReconcileReport): string =>
  `repositories ${repositories}, read over its ${method}; not read ${failed}, unreadable manifests and tags ${unreadable}`

function formatDrift({ drift }: ReconcileReport, title: string): string[] {
  const rows = Object.entries(drift).filter(([, count]) => count > 0)
  return rows.length === 0 ? ['nothing differs'] : table([title, 'COUNT'], rows)
}

import { JobAsked } from '../queue/job-status.ts'
import { ReconcileReport } from '../reconcile/report.ts'
import type { Command } from './command.ts'
import { followJob } from './follow-job.ts'
import { table } from './table.ts'

export const reconcile: Command = {
  words: 'reconcile',
  args: ['REGISTRY'],
  flags: ['dry-run'],
  summary: 'compare the index with a registry and mend it; with --dry-run only compare',
  async run(call) {
    const { post } = await call.service()
    const [registry = ''] = call.args
    const dryRun = call.flags.has('dry-run')
    const asked = await post(`/v1/registries/${encodeURIComponent(registry)}/reconcile`, { dryRun }, JobAsked)
    const report = await followJob(call, asked, ReconcileReport)
    const { drift, repositories, method, failed, failures, unreadable } = report
    for (const failure of failures) call.note(`could not be read: ${failure}`)
    call.note(
      `repositories ${repositories}, read over its ${method}; not read ${failed}, unreadable manifests and tags ${unreadable}`,
    )
    const rows = Object.entries(drift).filter(([, count]) => count > 0)
    if (rows.length === 0) return call.say('nothing differs')
    for (const line of table([dryRun ? 'WOULD BE MENDED' : 'MENDED', 'COUNT'], rows)) call.say(line)
  },
}

import { formatDuration } from '../platform/units.ts'
import { holdText } from './hold.ts'
import type { ReconcileReport } from './report.ts'

const READ = {
  api: 'over its API',
  storage: 'from its storage',
  events: 'without reading it, since it is a pull-through cache',
}

/** The end of a reconcile in one line for people. */
export function reportText(report: ReconcileReport): string {
  const { registry, dryRun, method, readAt, finishedAt, repositories, failed, unreadable, hold } = report
  const took = formatDuration(Date.parse(finishedAt) - Date.parse(readAt))
  // `manifestsMissed: 3` reads `3 manifests missed`.
  const differences = Object.entries(report.drift)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} ${kind.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}`)
  return [
    `${registry}: ${dryRun ? 'compared only' : 'reconciled'} ${READ[method]} in ${took}: ${repositories} repositories, `,
    differences.join(', ') || 'nothing differs',
    failed > 0 ? `; repositories or lists that could not be read: ${failed}` : '',
    unreadable > 0 ? `; images that could not be read: ${unreadable}` : '',
    hold === null ? '' : `; ${holdText(registry, hold)}`,
  ].join('')
}

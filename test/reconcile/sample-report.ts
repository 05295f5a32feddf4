import { NO_DRIFT } from '../../src/reconcile/drift.ts'
import type { ReconcileReport } from '../../src/reconcile/report.ts'

/** The report of a reconcile. */
export const REPORT: ReconcileReport = {
  ...{ registry: 'ci', method: 'api', reason: 'the schedule', dryRun: false },
  ...{ readAt: '2026-11-26T18:00:00.000Z', finishedAt: '2026-11-26T18:01:12.000Z' },
  ...{ repositories: 120, drift: { ...NO_DRIFT }, hold: null, failed: 0, failures: [] },
  ...{ unreadable: 0, unreadableRepositories: 0, unreadableImages: [], stored: null },
}

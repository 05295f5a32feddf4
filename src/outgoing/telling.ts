import type { ExpiryRuns } from '../expiry/runs.ts'
import type { Receipts } from '../promotion/receipts.ts'
import type { Change } from '../queue/change.ts'
import type { Ledger } from '../reconcile/ledger.ts'
import { projectId } from '../usage/project.ts'
import { driftedChange, expiredChange, promotedChange } from './changes.ts'

/**
 * Makes records that tell of a change right before they are written. What writes them runs again until they are written. So a
 * change is told at least once, and always with the same id.
 */
export function makeTelling(deps: {
  tell: (changes: readonly Change[]) => Promise<void>
  projectOf: (registry: string, repository: string) => string
  now: () => number
}) {
  const { tell } = deps
  return {
    receipts: (receipts: Receipts): Receipts => ({
      ...receipts,
      async append(receipt) {
        const { registry, repository } = receipt.from
        await tell([promotedChange(receipt, projectId(registry, deps.projectOf(registry, repository)))])
        return receipts.append(receipt)
      },
    }),

    /** A run is written from time to time while it deletes. Only what is new since then is told. */
    runs: (runs: ExpiryRuns): ExpiryRuns => ({
      ...runs,
      async append(run, stored = 0) {
        const at = new Date(deps.now()).toISOString()
        const changes = run.dryRun ? [] : run.deletes.slice(stored).map((one) => expiredChange(run, one, at))
        await tell(changes.filter((change) => change !== undefined))
        return runs.append(run, stored)
      },
    }),

    ledger: (ledger: Ledger): Ledger => ({
      ...ledger,
      async finish(registry, report, end) {
        const change = driftedChange(report, end.id)
        await tell(change === undefined ? [] : [change])
        return ledger.finish(registry, report, end)
      },
    }),
  }
}

import { connectPatiently } from '../platform/redis.ts'
import type { WorkerContext } from '../queue/make-worker.ts'
import { makeRecheckQuotas } from '../quota/recheck.ts'
import { requestAutomaticReconcile } from '../reconcile/reconcile-jobs.ts'
import { makeRenameTable } from '../usage/rename-table.ts'
import type { Parts } from './parts.ts'

/** How long a reconcile waits for others that ask for the same, in ms. */
const BURST_MS = 1_000

export type WorkerParts = Awaited<ReturnType<typeof makeWorkerParts>>

/** Makes what the workers of several queues use. */
export async function makeWorkerParts(parts: Parts) {
  const { prefix, log, outage, metrics, tracing } = parts
  const onRedis = await parts.onRedis(connectPatiently)
  const { redis, queues, ledger, overrides } = onRedis
  const connection = await parts.connect(connectPatiently)
  const context: WorkerContext = {
    ...{ connection, prefix, log, outage, metrics },
    telemetry: tracing?.telemetry,
  }
  return {
    ...parts,
    ...onRedis,
    context,
    renames: makeRenameTable({ redis, prefix }),
    recheckQuotas: makeRecheckQuotas({ queues, overrides, quotas: () => parts.settings().quotas }),
    enqueueReconcile: (registry: string, reason: string, isUrgent = false) =>
      requestAutomaticReconcile({ queues, ledger }, { registry, reason, isUrgent }, BURST_MS),
  }
}

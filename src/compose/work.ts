import { closeWorkers } from '../queue/close-workers.ts'
import type { QueueName } from '../queue/jobs.ts'
import { startAlerts } from './alerts.ts'
import { startEvents, startResolve } from './events.ts'
import { startExpiry } from './expiry.ts'
import type { Parts } from './parts.ts'
import { startPromotion } from './promotion.ts'
import { startQuota } from './quota.ts'
import { startReconcile } from './reconcile.ts'
import { startSnapshot } from './snapshot.ts'
import { makeWorkerParts } from './worker-parts.ts'

const STARTS = {
  events: startEvents,
  resolve: startResolve,
  quota: startQuota,
  alerts: startAlerts,
  promotion: startPromotion,
  expiry: startExpiry,
  snapshot: startSnapshot,
  reconcile: startReconcile,
}

/** Starts the workers of these queues. They run until the process closes. */
export async function work(parts: Parts, names: readonly QueueName[]): Promise<void> {
  const workerParts = await makeWorkerParts(parts)
  const workers: Awaited<ReturnType<(typeof STARTS)[QueueName]>>[] = []
  parts.onClose(() => closeWorkers(workers, workerParts.context.connection))
  for (const name of names) workers.push(await STARTS[name](workerParts))
}

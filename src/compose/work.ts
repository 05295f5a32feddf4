import { closeWorkers } from '../queue/close-workers.ts'
import type { QueueName } from '../queue/jobs.ts'
import { startAlerts } from './alerts.ts'
import { prepareCollections, startCollections } from './collections.ts'
import { prepareDeliveries, startDeliveries } from './deliveries.ts'
import { startEvents, startResolve } from './events.ts'
import { prepareExpiry, startExpiry } from './expiry.ts'
import { prepareHistory, startHistory } from './history.ts'
import { prepareIntegrity, startIntegrity } from './integrity.ts'
import { prepareJournal, startJournal } from './journal.ts'
import { startOutgoing } from './outgoing.ts'
import type { Parts } from './parts.ts'
import { makePrepare } from './prepare.ts'
import { startPromotion } from './promotion.ts'
import { prepareQuota, startQuota } from './quota.ts'
import { prepareReconcile, recoverReconcile, startReconcile } from './reconcile.ts'
import { prepareSnapshot, startSnapshot } from './snapshot.ts'
import { prepareStorage, startStorage } from './storage.ts'
import { makeWorkerParts, type WorkerParts } from './worker-parts.ts'

const STARTS = {
  events: startEvents,
  resolve: startResolve,
  quota: startQuota,
  alerts: startAlerts,
  promotion: startPromotion,
  expiry: startExpiry,
  snapshot: startSnapshot,
  history: startHistory,
  outgoing: startOutgoing,
  reconcile: startReconcile,
  storage: startStorage,
  deliveries: startDeliveries,
  integrity: startIntegrity,
  collections: startCollections,
  journal: startJournal,
}

/** What is written to Redis at each start, before the queue's worker starts. */
const PREPARES: Partial<Record<QueueName, (parts: WorkerParts) => Promise<void>>> = {
  quota: prepareQuota,
  expiry: prepareExpiry,
  snapshot: prepareSnapshot,
  history: prepareHistory,
  reconcile: prepareReconcile,
  deliveries: prepareDeliveries,
  integrity: prepareIntegrity,
  storage: prepareStorage,
  collections: prepareCollections,
  journal: prepareJournal,
}

/** What is written to Redis when the configuration was reloaded. */
const PREPARES_AGAIN: typeof PREPARES = { quota: prepareQuota, expiry: prepareExpiry }

/** What is written to Redis when it has lost its data, if that is not what a start writes. */
const RECOVERS: typeof PREPARES = { ...PREPARES, reconcile: recoverReconcile }

/** Starts the workers of these queues. They run until the process closes. */
export async function work(parts: Parts, names: readonly QueueName[]): Promise<void> {
  const workerParts = await makeWorkerParts(parts)
  const workers: ReturnType<(typeof STARTS)[QueueName]>[] = []
  const prepare = makePrepare(parts)
  parts.onClose(() => closeWorkers(workers, workerParts.context.connection))
  for (const name of names) {
    await prepare(name, async () => PREPARES[name]?.(workerParts))
    workers.push(STARTS[name](workerParts))
  }
  parts.onReload(async () => {
    for (const name of names) await prepare(name, async () => PREPARES_AGAIN[name]?.(workerParts))
  })
  workerParts.watch.onLostData(async () => {
    for (const name of names) await RECOVERS[name]?.(workerParts)
  })
}

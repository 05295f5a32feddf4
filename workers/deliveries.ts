import type { makeAuditDeliveries } from '../src/delivery-audit/audit-deliveries.ts'
import { makeWorker, type WorkerContext } from '../src/queue/make-worker.ts'

export const deliveriesWorker = (
  context: WorkerContext,
  auditDeliveries: ReturnType<typeof makeAuditDeliveries>,
) => makeWorker('deliveries', context, auditDeliveries)

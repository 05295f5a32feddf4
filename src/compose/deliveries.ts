import { deliveriesWorker } from '../../workers/deliveries.ts'
import { makeAuditDeliveries } from '../delivery-audit/audit-deliveries.ts'
import { askAudit, scheduleAudits } from '../delivery-audit/schedule.ts'
import { processesOf } from './processes-of.ts'
import type { WorkerParts } from './worker-parts.ts'

/** Schedules the audits of deliveries, if the metrics of any registry are known, and asks for the first one. */
export async function prepareDeliveries({ queues, registries }: WorkerParts): Promise<void> {
  const isAudited = registries.some(({ metrics }) => metrics)
  await scheduleAudits(queues, isAudited ? 'each minute' : 'never')
  if (isAudited) await askAudit(queues)
}

/** Starts the worker that compares what registries counted with what was taken. */
export function startDeliveries(parts: WorkerParts) {
  const registries = parts.registries.flatMap((registry) => {
    const processes = processesOf(registry)
    if (processes === undefined || registry.metrics === undefined) return []
    parts.onClose(processes.close)
    return [{ name: registry.name, source: registry.metrics, read: processes.read }]
  })
  const auditDeliveries = makeAuditDeliveries({
    ...parts,
    registries,
    isAutomatic: parts.config.reconcile.onNewInstance,
    now: () => Date.now() * 1_000,
  })
  return deliveriesWorker(parts.context, auditDeliveries)
}

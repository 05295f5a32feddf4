import { lookup } from 'node:dns/promises'
import { deliveriesWorker } from '../../workers/deliveries.ts'
import { makeAuditDeliveries } from '../delivery-audit/audit-deliveries.ts'
import { makeReadProcesses } from '../delivery-audit/read-processes.ts'
import { scheduleAudits } from '../delivery-audit/schedule.ts'
import type { ReachedRegistry } from './registry-client.ts'
import type { WorkerParts } from './worker-parts.ts'

/** Makes what reads the metrics of a registry; `undefined` if the configuration names none. The caller closes it. */
export const processesOf = ({ name, metrics, reach }: ReachedRegistry) =>
  metrics &&
  makeReadProcesses({
    ...{ registry: name, source: metrics, reach, now: () => Date.now() * 1_000 },
    lookup: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
  })

/** Schedules the audits of deliveries, if the metrics of any registry are known. */
export const prepareDeliveries = ({ queues, registries }: WorkerParts): Promise<void> =>
  scheduleAudits(queues, registries.some(({ metrics }) => metrics) ? 'each minute' : 'never')

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

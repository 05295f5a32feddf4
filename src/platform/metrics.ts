import { collectDefaultMetrics, Registry } from 'prom-client'
import { collectionMetrics } from './metrics/collections.ts'
import { deliveryMetrics } from './metrics/delivery.ts'
import { expiryMetrics } from './metrics/expiry.ts'
import { intakeMetrics } from './metrics/intake.ts'
import { makeMakers } from './metrics/makers.ts'
import { promotionMetrics } from './metrics/promotion.ts'
import { queueMetrics } from './metrics/queues.ts'
import { registryMetrics } from './metrics/registries.ts'
import { serviceMetrics } from './metrics/service.ts'
import { storeMetrics } from './metrics/store.ts'
import { usageMetrics } from './metrics/usage.ts'
import { VERSION } from './version.ts'

export type Metrics = ReturnType<typeof makeMetrics>

/** Gauges of prom-client whose names end as those of counters do: Prometheus' linter takes them for wrong. */
const MISNAMED = [
  'nodejs_active_resources_total',
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
]

/** The Prometheus metrics of `/metrics` (docs/metrics.md). */
export function makeMetrics() {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  for (const name of MISNAMED) registry.removeSingleMetric(name)
  const makers = makeMakers(registry)
  const metrics = {
    registry,
    ...intakeMetrics(makers),
    ...queueMetrics(makers),
    ...usageMetrics(makers),
    ...registryMetrics(makers),
    ...collectionMetrics(makers),
    ...expiryMetrics(makers),
    ...promotionMetrics(makers),
    ...deliveryMetrics(makers),
    ...serviceMetrics(makers),
    ...storeMetrics(makers),
  }
  metrics.buildInfo.set({ version: VERSION }, 1)
  return metrics
}

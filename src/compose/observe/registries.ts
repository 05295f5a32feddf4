import type { AuditState } from '../../delivery-audit/audit-state.ts'
import { isExact } from '../../reconcile/confidence.ts'
import type { IndexStatus } from '../../reconcile/ledger.ts'
import type { OnRedis, Parts } from '../parts.ts'

/** Makes what sets the gauges of registries. */
export function observeRegistries(parts: Parts, onRedis: OnRedis) {
  const { metrics, config } = parts
  const { index, ledger, pulls, instances, audits } = onRedis
  // Another one sends no events: it is only a target of promotions.
  const sources = parts.registries.filter(({ token }) => token !== undefined)
  const { every } = config.reconcile
  if (every !== 'never') metrics.reconcileInterval.set(every / 1_000)
  return async (): Promise<void> => {
    for (const { name: registry, metrics: source } of sources) {
      const [bytes, status, heard, lastEventAt, audit] = await Promise.all([
        index.registryBytes(registry),
        ledger.status(registry),
        pulls.of(registry),
        instances.lastEventAt(registry),
        source && audits.state(registry),
      ])
      // No scrape sees the gauges between here and the end: nothing waits.
      metrics.registryUniqueBytes.set({ registry }, bytes)
      metrics.registryPullsHeard.set({ registry }, heard.areHeard ? 1 : 0)
      if (lastEventAt > 0) metrics.registryLastEvent.set({ registry }, lastEventAt / 1_000_000)
      metrics.brokenImages.set({ registry }, status.broken ?? 0)
      setConfidence(registry, status)
      setLastReconcile(registry, status)
      if (source) setDeliveries(registry, audit)
    }
  }

  function setDeliveries(registry: string, audit: AuditState | undefined): void {
    const labels = { registry }
    // From the start on, so that `increase()` sees the first one.
    metrics.registryLost.remove(labels)
    metrics.registryLost.inc(labels, audit?.lost ?? 0)
    if (audit === undefined) return
    metrics.registryPending.set(labels, audit.pending)
    if (audit.readAt > 0) metrics.registryRead.set(labels, audit.readAt / 1_000_000)
  }

  function setConfidence(registry: string, status: IndexStatus): void {
    const labels = { registry }
    if (status.lastReport?.method === 'events') {
      metrics.registryExact.remove(labels)
      metrics.registryConfidenceSince.remove(labels)
      return
    }
    const exactSince = status.exact?.since ?? 0
    // The last reconcile mended everything before it, even if a gap began earlier.
    const gaps = status.gaps.map(({ since }) => Math.max(since, exactSince))
    metrics.registryExact.set(labels, isExact(status) ? 1 : 0)
    metrics.registryConfidenceSince.set(
      labels,
      Math.min(...gaps, ...(gaps.length > 0 ? [] : [exactSince])) / 1_000_000,
    )
  }

  function setLastReconcile(registry: string, { lastReport }: IndexStatus): void {
    if (lastReport === undefined) return
    const finishedAt = Date.parse(lastReport.finishedAt)
    metrics.lastReconcile.set({ registry }, finishedAt / 1_000)
    metrics.reconcileSeconds.set({ registry }, (finishedAt - Date.parse(lastReport.readAt)) / 1_000)
    metrics.reconcileUnread.set({ registry }, lastReport.failed)
    for (const [kind, count] of Object.entries(lastReport.drift))
      metrics.drift.set({ registry, kind: inSnakeCase(kind) }, count)
    if (lastReport.stored) metrics.registryStoredBytes.set({ registry }, lastReport.stored.bytes)
    else metrics.registryStoredBytes.remove({ registry })
  }
}

const inSnakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

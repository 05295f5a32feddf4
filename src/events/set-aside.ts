import type { Logger } from '../platform/log.ts'
import type { Quarantine, Quarantined } from './quarantine.ts'

/** Of one job's at most so many, the newest: as many as quarantine keeps. One body may hold millions. */
const MOST = 10_000

/** In one turn, and so in one write to Redis. */
const BATCH = 500

export type NotUnderstood = Omit<Quarantined, 'id'>

/** Puts what a job's events said and was not understood into quarantine: it is missing from the index. */
export function makeSetAside(deps: {
  quarantine: Pick<Quarantine, 'add'>
  /** `receivedAt`: RFC 3339. */
  onQuarantined: (registry: string, receivedAt: string) => Promise<unknown>
  log: Logger
}) {
  return async function setAside(entries: readonly NotUnderstood[]): Promise<void> {
    const kept = entries.slice(-MOST)
    for (let at = 0; at < kept.length; at += BATCH)
      await Promise.all(kept.slice(at, at + BATCH).map((entry) => deps.quarantine.add(entry)))
    const deliveries = new Map(entries.map((entry) => [`${entry.registry} ${entry.receivedAt}`, entry]))
    for (const { registry, receivedAt } of deliveries.values()) await deps.onQuarantined(registry, receivedAt)
    for (const [registry, own] of Map.groupBy(entries, (entry) => entry.registry))
      deps.log.warn({ registry, events: own.length, reason: own.at(-1)?.reason }, 'events quarantined')
  }
}

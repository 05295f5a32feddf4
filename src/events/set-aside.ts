import type { Logger } from '../platform/log.ts'
import type { Delivery } from '../queue/jobs.ts'
import type { Quarantine } from './quarantine.ts'

/** Of one job's at most so many, the newest: as many as quarantine keeps. One body may hold millions. */
const MOST = 10_000

/** In one turn, and so in one write to Redis. */
const BATCH = 500

export interface NotUnderstood {
  delivery: Delivery
  reason: string
  event: unknown
}

/** Puts what a job's events said and was not understood into quarantine, and says so where it must be known. */
export function makeSetAside(deps: {
  quarantine: Pick<Quarantine, 'add'>
  /** What an event said that was not understood is missing from the index. `receivedAt`: RFC 3339. */
  onQuarantined: (registry: string, receivedAt: string) => Promise<unknown>
  log: Logger
}) {
  const { quarantine, log } = deps
  return async function setAside(entries: readonly NotUnderstood[]): Promise<void> {
    const kept = entries.slice(-MOST)
    let dropped = 0
    for (let at = 0; at < kept.length; at += BATCH) {
      const adding = kept
        .slice(at, at + BATCH)
        .map(({ delivery: { registry, receivedAt }, reason, event }) => {
          return quarantine.add({ registry, receivedAt, reason, event })
        })
      for (const count of await Promise.all(adding)) dropped += count
    }
    // What is replayed was noted when it came; a reconcile may have made good since what the index lacked.
    const noted = new Set(entries.map(({ delivery }) => delivery).filter(isNew))
    for (const { registry, receivedAt } of noted) await deps.onQuarantined(registry, receivedAt)
    for (const [registry, own] of Map.groupBy(entries, ({ delivery }) => delivery.registry))
      log.warn({ registry, events: own.length, reason: own.at(-1)?.reason }, 'events quarantined')
    if (dropped > 0) log.warn({ dropped }, 'quarantine is full: its oldest events fell out and are lost')
  }
}

const isNew = ({ quarantineId }: Delivery): boolean => quarantineId === undefined

import pMap from 'p-map'
import type { Logger } from '../platform/log.ts'
import type { Delivery } from '../queue/jobs.ts'
import { pace } from './pace.ts'
import type { Quarantine } from './quarantine.ts'

/** Entries of one job that are on their way to Redis at the same time. */
const ADDS_AT_ONCE = 32

export interface NotUnderstood {
  delivery: Delivery
  reason: string
  event: unknown
}

/** Puts a job's events that were not understood into quarantine, notes the gap, and logs it. */
export function makeSetAside(deps: {
  quarantine: Pick<Quarantine, 'add'>
  /** Called for events that went to quarantine: the index lacks what they said. `receivedAt`: RFC 3339. */
  onQuarantined: (registry: string, receivedAt: string) => Promise<unknown>
  log: Logger
}) {
  const { quarantine, log } = deps
  return async function setAside(entries: readonly NotUnderstood[]): Promise<void> {
    const add = async ({ delivery: { registry, receivedAt }, reason, event }: NotUnderstood) => {
      await pace()
      return quarantine.add({ registry, receivedAt, reason, event })
    }
    const counts = await pMap(entries, add, { concurrency: ADDS_AT_ONCE })
    const dropped = counts.reduce((sum, count) => sum + count, 0)
    // The gap of a replayed event was noted when it first came, and a reconcile may have closed it since.
    const noted = new Set(entries.map(({ delivery }) => delivery).filter(isNew))
    for (const { registry, receivedAt } of noted) await deps.onQuarantined(registry, receivedAt)
    for (const [registry, own] of Map.groupBy(entries, ({ delivery }) => delivery.registry))
      log.warn({ registry, events: own.length, reason: own.at(-1)?.reason }, 'events quarantined')
    if (dropped > 0) log.warn({ dropped }, 'quarantine is full: its oldest events were dropped and are lost')
  }
}

const isNew = ({ quarantineId }: Delivery): boolean => quarantineId === undefined

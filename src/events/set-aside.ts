import type { Logger } from '../platform/log.ts'
import type { Delivery } from '../queue/jobs.ts'
import type { Quarantine } from './quarantine.ts'

/** Puts an event that could not be understood in quarantine, and says so where it must be known. */
export const makeSetAside = (deps: {
  quarantine: Pick<Quarantine, 'add'>
  /** What an event said that was not understood is missing from the index. `receivedAt`: RFC 3339. */
  onQuarantined: (registry: string, receivedAt: string) => Promise<unknown>
  log: Logger
}) =>
  async function setAside(delivery: Delivery, reason: string, event: unknown): Promise<void> {
    const { registry, receivedAt, quarantineId } = delivery
    const dropped = await deps.quarantine.add({ registry, receivedAt, reason, event })
    // What is replayed was noted when it came; a reconcile may have made good since what the index lacked.
    if (quarantineId === undefined) await deps.onQuarantined(registry, receivedAt)
    deps.log.warn({ registry, reason }, 'event quarantined')
    if (dropped > 0) deps.log.warn({ dropped }, 'quarantine is full: its oldest events fell out and are lost')
  }

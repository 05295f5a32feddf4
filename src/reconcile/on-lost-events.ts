import { parseTimestamp } from '../events/timestamp.ts'
import type { Delivery } from '../queue/jobs.ts'
import type { Ledger } from './ledger.ts'

/**
 * Until a reconcile that begins later, the index may lack what discarded events said. Noted once for each minute in which
 * some were received.
 */
export const makeOnLostEvents =
  (ledger: Pick<Ledger, 'noteGap'>) =>
  async (deliveries: readonly Delivery[]): Promise<void> => {
    const gaps = new Map<string, { registry: string; minute: string; since: number; last: number }>()
    for (const { registry, receivedAt } of deliveries) {
      const minute = receivedAt.slice(0, 'YYYY-MM-DDTHH:MM'.length)
      const at = parseTimestamp(receivedAt) ?? 0
      const { since = at, last = at } = gaps.get(`${registry} ${minute}`) ?? {}
      gaps.set(`${registry} ${minute}`, {
        ...{ registry, minute, since: Math.min(since, at), last: Math.max(last, at) },
      })
    }
    const reason = 'events that were acknowledged were given up and discarded'
    for (const { registry, minute, since, last } of gaps.values())
      await ledger.noteGap(registry, { since, reason, cause: `discarded ${minute}` }, last)
  }

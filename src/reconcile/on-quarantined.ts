import { parseTimestamp } from '../events/timestamp.ts'
import type { Ledger } from './ledger.ts'

/**
 * Until a reconcile that begins later, the index may lack what an event in quarantine said. Noted once a minute: one
 * note for all would be closed by a reconcile that began before the last of them.
 */
export const makeOnQuarantined =
  (ledger: Pick<Ledger, 'noteGap'>) =>
  async (registry: string, receivedAt: string): Promise<void> => {
    const since = parseTimestamp(receivedAt) ?? 0
    const cause = `quarantine ${receivedAt.slice(0, 'YYYY-MM-DDTHH:MM'.length)}`
    const reason = 'an event could not be understood and is in quarantine'
    await ledger.noteGap(registry, { since, reason, cause }, since)
  }

import type { Makers } from './makers.ts'

/** Tallyman's own store, and the journal of events that is written to it. */
export const storeMetrics = ({ gauge, shared }: Makers) => ({
  storeUp: gauge('store_up', [], "1 if Tallyman's own store answers this process, 0 if it does not."),
  storeKnown: shared(
    'store_known',
    [],
    "1 if Tallyman's own store is the one that Redis knows, 0 if it was lost or replaced. Absent while it does not answer.",
  ),
  journalOldest: shared(
    'journal_oldest_waiting_seconds',
    [],
    'How long the oldest entry of the journal waits to be written to the store; 0 if none waits. Absent without a journal.',
  ),
  journalWaiting: shared(
    'journal_waiting_bytes',
    [],
    'Text of the journal that waits in Redis to be written to the store. Absent without a journal.',
  ),
  journalLeftOut: shared(
    'journal_left_out_entries',
    [],
    'Entries of the journal that were left out for lack of room since it was written last. Absent without a journal.',
  ),
})

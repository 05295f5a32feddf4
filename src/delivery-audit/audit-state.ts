import type { Birth, Counts } from './counts.ts'

/** A process of a registry as it was read last. */
export interface AuditedProcess {
  counts: Counts
  birth: Birth
  /** When, by the clock of the registry, epoch µs. */
  at: number
}

/** What is remembered of a registry between two readings. Times are in epoch µs, counts in events. */
export interface AuditState {
  /** What is read: another configuration begins anew. */
  source: string
  since: number
  /** The last reading in which every process answered; 0 before the first. */
  readAt: number
  /** The last reading in which nothing was missing. */
  cleanAt: number
  /** What the intake had taken before the last reading. */
  taken: number
  /** By address. */
  processes: Record<string, AuditedProcess>
  /** Processes that were gone, the newest, with `offset` of then: their network may have been gone, and they come back. */
  gone: Record<string, AuditedProcess & { offset: number }>
  /** All that processes had counted which have ended since. */
  endedEvents: number
  /** How many events were taken that no process has counted that is or was read, at least. Below 0: those from before. */
  offset: number
  /** By how much `offset` may still rise without a process that is not read: it was not exact, or a process was ending. */
  allowance: number
  /** Events taken of processes whose metrics are not read, and when there were some last; 0 if there were none. */
  uncounted: number
  uncountedAt: number
  /** Missing at the last reading, and not told yet: it may be on its way. */
  suspect: number
  /** Told as lost since `since`, and ever. */
  told: number
  lost: number
  lastLoss: { at: number; count: number } | null
  /** In the queues of the registry. */
  pending: number
  /** In how many readings in a row the queue grew or nothing left it, and whether that was told. */
  growing: number
  isGrowing: boolean
  /** What cannot be read, by address: since when, and why. */
  failing: Record<string, { since: number; problem: string }>
  isUnread: boolean
  /** When a loss was told to people last; 0 if never. And the events that were lost since. */
  announcedAt: number
  unannounced: number
}

/** How old a reading may be that speaks for a registry, in µs: it is read each minute. */
const FRESH_US = 180_000_000

/** How long a registry counts as only partly read after an event of a process that is not read, in µs. */
const PARTLY_US = 86_400_000_000

/**
 * Whether the audit notices if a process of the registry ends. `now`: epoch µs. If not, each new process may be one that took
 * another's place.
 */
export const vouches = (state: AuditState | undefined, now: number): boolean =>
  state !== undefined &&
  now - state.readAt < FRESH_US &&
  (state.uncountedAt === 0 || now - state.uncountedAt > PARTLY_US)

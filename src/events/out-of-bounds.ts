import { formatTimestamp } from '../platform/timestamp.ts'
import type { RegistryEvent } from './event.ts'

/**
 * How far an event's time may be ahead of its receipt, in µs. No earlier event can move a tag that a future event has set,
 * so this bounds how long a fast clock freezes a tag. Hosts with NTP differ by milliseconds; Kerberos allows five minutes,
 * too (RFC 4120, 1.6).
 */
const AHEAD_US = 300_000_000

/**
 * How far an event's time may be behind its receipt, in µs: 30 days. A registry repeats a delivery for as long as it runs,
 * so events are late by as long as Tallyman was away. An older event comes from a clock that was never set, or a reconcile
 * has read since what it says.
 */
const BEHIND_US = 30 * 86_400_000_000

/** The most references of one manifest. The index stores their number in two bytes; a manifest of 4 MiB has fewer. */
const REFERENCES = 30_000

/** The most bytes that one manifest references in total. The sum over 64 such manifests is still exact. */
const REFERENCED_SIZE = 2 ** 47

/** The longest event id, in bytes: its length is stored in one byte. Registries send UUIDs. */
const ID_BYTES = 255

/**
 * Says which value of an event is not believable or too large for the index; `undefined` if none is. `at` and
 * `receivedAt` in epoch µs.
 */
export function outOfBounds(
  { id, target }: RegistryEvent,
  at: number,
  receivedAt: number,
): string | undefined {
  const received = `when it was received (${formatTimestamp(receivedAt)})`
  if (at > receivedAt + AHEAD_US) return `timestamp is more than 5 minutes after ${received}`
  if (at < receivedAt - BEHIND_US) return `timestamp is more than 30 days before ${received}`
  if (Buffer.byteLength(id) > ID_BYTES) return `id is longer than ${ID_BYTES} bytes`
  const { references } = target
  if (!references?.length) return undefined
  if (references.length > REFERENCES) return `${references.length} references, more than ${REFERENCES}`
  const referenced = references.reduce((sum, { size = 0 }) => sum + size, 0)
  return referenced > REFERENCED_SIZE ? `references of ${referenced} bytes in all, more than 2^47` : undefined
}

import { formatTimestamp } from '../platform/timestamp.ts'
import { REFERENCE_LIMIT } from '../registry/manifest.ts'
import { MAX_EVENT_AGE_US } from '../usage/fact.ts'
import { MOST_REFERENCED } from '../usage/references-of.ts'
import type { RegistryEvent } from './event.ts'

/**
 * How far an event's time may be ahead of its receipt, in µs. No earlier event can move a tag that a future event has set,
 * so this bounds how long a fast clock freezes a tag. Hosts with NTP differ by milliseconds; Kerberos allows five minutes,
 * too (RFC 4120, 1.6).
 */
export const AHEAD_US = 300_000_000

/** The longest event id, in bytes: its length is stored in one byte. Registries send UUIDs. */
const ID_BYTES = 255

/**
 * Says which value of an event is not believable or too large for the index; `undefined` if none is. All times in epoch
 * µs. The age is checked against the time now, since an event may have waited in the queue for long.
 */
export function outOfBounds(
  { id, target }: RegistryEvent,
  at: number,
  { receivedAt, now }: { receivedAt: number; now: number },
): string | undefined {
  if (at > receivedAt + AHEAD_US)
    return `timestamp is more than 5 minutes after when it was received (${formatTimestamp(receivedAt)})`
  if (at < now - MAX_EVENT_AGE_US)
    return `timestamp is more than 30 days before now (${formatTimestamp(now)})`
  if (Buffer.byteLength(id) > ID_BYTES) return `id is longer than ${ID_BYTES} bytes`
  const { references } = target
  if (!references?.length) return undefined
  if (references.length > REFERENCE_LIMIT)
    return `${references.length} references, more than ${REFERENCE_LIMIT}`
  const referenced = references.reduce((sum, { size = 0 }) => sum + size, 0)
  return referenced > MOST_REFERENCED ? `references of ${referenced} bytes in all, more than 2^47` : undefined
}

import { formatTimestamp } from '../platform/timestamp.ts'
import type { RegistryEvent } from './event.ts'

/**
 * How far ahead of its receipt an event may be, in µs. Until the time that it bears, nothing later can move its tag, so
 * this bounds how long a clock that is fast freezes one. Hosts under NTP differ by milliseconds; Kerberos, too, takes
 * five minutes for the most that clocks may differ (RFC 4120, 1.6).
 */
const AHEAD_US = 300_000_000

/**
 * How far behind its receipt, in µs: 30 days. A registry tries for as long as it runs, so events are late by as long as
 * Tallyman was away. What is older comes of a clock that was never set, or repeats what a reconcile has since read.
 */
const BEHIND_US = 30 * 86_400_000_000

/** Of a manifest: the index stores their number in two bytes. 4 MiB hold fewer. */
const REFERENCES = 30_000

/** Of all that a manifest references together, in bytes: 64 such manifests still add up exactly. */
const REFERENCED_SIZE = 2 ** 47

/** Of an event's id, in bytes: its length is passed on in one. Registries' own are UUIDs. */
const ID_BYTES = 255

/**
 * What an event says that is beyond what is believed, or beyond what the index has room for; `undefined` if nothing is.
 * `at` and `receivedAt` in epoch µs.
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

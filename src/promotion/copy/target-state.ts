import type { CopyClient } from './copy-client.ts'
import type { Flights, Verify } from './flights.ts'
import { makeRecent, type Recent } from './recent.ts'
import { type InSlot, makeSlots } from './slots.ts'

/** What all copies to one registry share. */
export interface TargetState {
  /** Slots for blobs that are sent, and for questions. */
  sending: InSlot
  asking: InSlot
  /** By the digest of a blob, `repository@digest` of a manifest, and `repository:tag`. */
  flights: Flights
  /** A repository that has a blob, by digest. It may be gone from there. */
  homes: Recent<string>
  /** Manifests of which every blob was read, by `repository@digest`. */
  whole: Recent<Verify>
}

const SENDING = 6
const ASKING = 16

/** A service that promotes has some thousand images in hand within this time. */
const WHOLE = { most: 10_000, ms: 5 * 60_000 }
const HOMES = { most: 20_000, ms: 60 * 60_000 }

/** Gives each registry its state, for as long as its client lives. */
export function makeTargetStates(): (client: CopyClient) => TargetState {
  const states = new WeakMap<CopyClient, TargetState>()
  return (client) => {
    const state = states.get(client) ?? {
      ...{ sending: makeSlots(SENDING), asking: makeSlots(ASKING) },
      flights: new Map(),
      ...{ homes: makeRecent<string>(HOMES), whole: makeRecent<Verify>(WHOLE) },
    }
    states.set(client, state)
    return state
  }
}

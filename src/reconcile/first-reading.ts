import { Type } from 'typebox'
import { Value } from 'typebox/value'
import type { ObjectStore } from '../store/object-store.ts'

/**
 * When each registry was first read, in epoch µs. It is kept in the store (`first-readings/<registry>.json`), so that it
 * outlives Redis: what a reconcile finds after Redis was lost was not all there before Tallyman.
 */
export interface FirstReading {
  /** `undefined` if the registry was never read. */
  at(registry: string): Promise<number | undefined>
  /** Notes that the registry was read at a time, or that a snapshot has what it held then. The first time stays. */
  note(registry: string, at: number): Promise<void>
}

const Noted = Type.Object({ readAt: Type.Number() })

export function makeFirstReading(store: ObjectStore): FirstReading {
  const keyOf = (registry: string) => `first-readings/${registry}.json`
  return {
    async at(registry) {
      const body = await store.get(keyOf(registry))
      return body && Value.Parse(Noted, JSON.parse(body.toString())).readAt
    },
    async note(registry, readAt) {
      if ((await store.head(keyOf(registry))) === undefined)
        await store.put(keyOf(registry), JSON.stringify({ readAt }))
    },
  }
}

import { Type } from 'typebox'
import type { RegistryStorage } from '../storage/storage.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { storedJson } from '../store/stored-json.ts'

/** Segments that a survey saw no object use. */
const SeenSegments = Type.Object({
  at: Type.Integer({ description: 'When the survey began, epoch ms.' }),
  keys: Type.Array(Type.String()),
})

/** How long before they must have been seen so, and how old they must be, in ms. Listings of Swift are late (see `freeSegments`). */
const SEEN_MS = 4 * 3_600_000
const OLD_MS = 24 * 3_600_000

/**
 * Deletes segments of Swift that a survey some hours ago saw no object use, and that none uses now; then it notes those of this
 * survey. What a collection takes away leaves its segments behind, and so does what a registry deletes without them.
 * @returns what was deleted, in bytes and objects; `undefined` if nothing was tried
 */
export async function freeSeenSegments(deps: {
  store: Pick<ObjectStore, 'get' | 'put'>
  registry: string
  storage: Pick<RegistryStorage, 'freeSegments'>
  /** Of the survey that began `at` (epoch ms). */
  segments: readonly string[]
  at: number
}): Promise<{ objects: number; bytes: number } | undefined> {
  const { store, registry, storage, segments, at } = deps
  const key = `storage-segments/${registry}.json`
  const seen = storedJson(SeenSegments, await store.get(key))
  // An older note is more worth than a new one: with frequent surveys nothing would ever be old enough.
  if (seen !== undefined && seen.at <= at && at - seen.at < SEEN_MS) return undefined
  const isTried = seen !== undefined && seen.at <= at && seen.keys.length > 0
  const freed = isTried ? await storage.freeSegments?.(seen.keys, new Date(at - OLD_MS)) : undefined
  if (seen !== undefined || segments.length > 0) await store.put(key, JSON.stringify({ at, keys: segments }))
  return freed
}

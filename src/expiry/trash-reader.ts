import { Value } from 'typebox/value'
import type { ObjectStore } from '../store/object-store.ts'
import { placeOfKey, TRASH, TrashEntry, type TrashPlace, trashKey } from './trash.ts'

/** Where to look: in the whole trash, in a registry, or in a repository of it. */
export type TrashScope = { registry?: undefined; repository?: undefined } | RegistryScope
interface RegistryScope {
  registry: string
  /** Without those below it. */
  repository?: string | undefined
}

/** An object of the trash that is not an entry. */
export class UnreadableEntry extends Error {
  override readonly name = 'UnreadableEntry'
}

/** `modifiedAt`: when the store was given it, by the clock of the store. */
type IsWanted = (place: TrashPlace, modifiedAt: Date) => boolean

/** Entries that are read at once. One has the size of its manifest: some kB, and 6 MB at most. */
const PARALLEL = 8

/** Reads the trash. Lists leave out what cannot be read, and tell it to `onUnreadable`. */
export function makeTrashReader({
  store,
  onUnreadable,
}: {
  store: ObjectStore
  onUnreadable: (key: string, error: Error) => void
}) {
  /** @throws UnreadableEntry */
  async function get(place: TrashPlace): Promise<TrashEntry | undefined> {
    const key = trashKey(place)
    const body = await store.get(key)
    if (body === undefined) return undefined
    const entry = parseJson(body)
    if (Value.Check(TrashEntry, entry) && trashKey(entry) === key) return entry
    throw new UnreadableEntry(`the object ${key} of the store is not an entry of the trash`)
  }

  const getIfReadable = (place: TrashPlace) =>
    get(place).catch((error) => {
      if (!(error instanceof UnreadableEntry)) throw error
      onUnreadable(trashKey(place), error)
      return undefined
    })

  /** The entries of a scope, in the order of their keys, after a position. Reads at most `ahead` before they are wanted. */
  async function* entries(
    { registry, repository }: TrashScope,
    {
      after,
      ahead = PARALLEL,
      isWanted = () => true,
    }: { after?: string | undefined; ahead?: number; isWanted?: IsWanted } = {},
  ): AsyncGenerator<TrashEntry> {
    const folders = [registry, repository].filter((name) => name !== undefined).map((name) => `${name}/`)
    const waiting: TrashPlace[] = []
    const readWaiting = async () =>
      (await Promise.all(waiting.splice(0).map(getIfReadable))).filter((entry) => entry !== undefined)
    for await (const { key, modifiedAt } of store.list(
      TRASH + folders.join(''),
      after && `${TRASH}${after}`,
    )) {
      const place = placeOfKey(key)
      if (place === undefined || (repository !== undefined && place.repository !== repository)) continue
      if (!isWanted(place, modifiedAt)) continue
      waiting.push(place)
      if (waiting.length >= Math.min(PARALLEL, ahead)) yield* await readWaiting()
    }
    yield* await readWaiting()
  }

  return {
    get,

    /** The entries of a repository. */
    ofRepository: (registry: string, repository: string) => entries({ registry, repository }),

    /** At most `limit` entries after a position, in the order of their keys. Those that are not wanted are not read. */
    async list(
      scope: TrashScope,
      { after, limit, isWanted }: { after: string | undefined; limit: number; isWanted?: IsWanted },
    ): Promise<TrashEntry[]> {
      const found: TrashEntry[] = []
      for await (const entry of entries(scope, { after, ahead: limit, ...(isWanted && { isWanted }) })) {
        found.push(entry)
        if (found.length === limit) break
      }
      return found
    },

    /** Where an entry is in the list. */
    positionOf: (place: TrashPlace): string => trashKey(place).slice(TRASH.length),

    /** The image that was deleted last of those that had the tag. `undefined` if there is none. */
    async withTag(registry: string, repository: string, tag: string): Promise<TrashEntry | undefined> {
      let last: TrashEntry | undefined
      for await (const entry of entries({ registry, repository }))
        if (entry.tags.includes(tag) && (last === undefined || entry.at > last.at)) last = entry
      return last
    },
  }
}
export type TrashReader = ReturnType<typeof makeTrashReader>

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    return undefined
  }
}

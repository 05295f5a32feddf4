import { randomBytes } from 'node:crypto'
import { Compile } from 'typebox/compile'
import type { ObjectStore } from '../store/object-store.ts'
import { ReplayRecord } from './replay-record.ts'

const FOLDER = 'replays/'

/** How long a replay is kept, in ms: 90 days. */
const KEEP_MS = 90 * 86_400_000

const ID = /^\d{13}-[0-9a-f]{8}$/

export const isReplayId = (id: string): boolean => ID.test(id)

/** An id of a replay that is asked for at `now`, epoch ms. Ids are in order of time. */
export const newReplayId = (now: number): string =>
  `${String(now).padStart(13, '0')}-${randomBytes(4).toString('hex')}`

const record = Compile(ReplayRecord)

/** The replays that have ended, in the store: `replays/<id>.json`. */
export function makeReplayRecords({ store, now }: { store: ObjectStore; now: () => number }) {
  const keyOf = (id: string) => `${FOLDER}${id}.json`
  return {
    /** `undefined` if there is none with this id, or it cannot be read. */
    async get(id: string): Promise<ReplayRecord | undefined> {
      const body = isReplayId(id) ? await store.get(keyOf(id)) : undefined
      if (body === undefined) return undefined
      const value = parse(body.toString())
      return record.Check(value) ? value : undefined
    },

    /** The ids, the newest first. */
    async ids(): Promise<string[]> {
      const ids: string[] = []
      for await (const { key } of store.list(FOLDER)) ids.push(key.slice(FOLDER.length, -'.json'.length))
      return ids.filter(isReplayId).reverse()
    },

    /** Keeps a replay, and deletes old ones. */
    async put(replay: ReplayRecord): Promise<void> {
      await store.put(keyOf(replay.id), JSON.stringify(replay))
      for (const id of await this.ids())
        if (Number(id.slice(0, 13)) < now() - KEEP_MS) await store.delete(keyOf(id))
    },
  }
}
export type ReplayRecords = ReturnType<typeof makeReplayRecords>

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

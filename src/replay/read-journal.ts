import { promisify } from 'node:util'
import { zstdDecompress } from 'node:zlib'
import { type ObjectInfo, type ObjectStore, ObjectTooLarge } from '../store/object-store.ts'
import { decodeLine, type Entry, type Gap } from './journal-line.ts'
import { heardFrom, JOURNAL } from './journal-object.ts'

const decompress = promisify(zstdDecompress)

/** The most bytes of an object, compressed and not: the writer makes none of more than some 9 MB of text. */
const LIMIT = 64 * 1024 * 1024

/** How many of the last ids of events are remembered, to leave out what comes twice: an object has up to some 20,000. */
const REMEMBERED = 200_000

export type Recorded =
  | { heardAt: number; entry: Entry }
  | { heardAt: number; gap: Gap }
  /** An object, or lines of one, that cannot be read. */
  | { heardAt: number; unreadable: string }

/** The objects of the journal, the oldest first, in which something was heard at `from` (epoch ms) or later. */
async function objectsFrom(
  store: Pick<ObjectStore, 'list'>,
  from: number,
): Promise<(ObjectInfo & { at: number })[]> {
  const objects: (ObjectInfo & { at: number })[] = []
  for await (const info of store.list(JOURNAL)) {
    const at = heardFrom(info.key)
    if (at === undefined) continue
    // Of those that begin before, only the last can hold something from then on.
    if (at <= from) objects.length = 0
    objects.push({ ...info, at })
  }
  return objects
}

/** When the first entry of the journal was heard, epoch ms; undefined if it is empty. */
export async function journalBegin(store: Pick<ObjectStore, 'list'>): Promise<number | undefined> {
  for await (const { key } of store.list(JOURNAL)) {
    const at = heardFrom(key)
    if (at !== undefined) return at
  }
  return undefined
}

/**
 * Reads what was heard from `from` until `to` (epoch ms), in order. An event that is in the journal twice, after a kill or a
 * redelivery, is given once. A gap that ends after `to` is given, too: it may have begun before. `onObject` is called before each
 * object. One object is in memory at a time.
 */
export async function* readJournal(
  store: Pick<ObjectStore, 'list' | 'get'>,
  { from, to }: { from: number; to: number },
  onObject: (progress: { objects: number; of: number }) => Promise<unknown> = async () => {},
): AsyncGenerator<Recorded> {
  const isNew = makeIsNew()
  const objects = await objectsFrom(store, from)
  for (const [n, { key, at }] of objects.entries()) {
    await onObject({ objects: n, of: objects.length })
    const until = objects[n + 1]?.at ?? Number.POSITIVE_INFINITY
    for (const recorded of itemsOf(await textOf(store, key), { at, until, key })) {
      if (recorded.heardAt < from) continue
      if (recorded.heardAt > to && !('gap' in recorded)) return
      if (!('entry' in recorded) || isNew(recorded.entry)) yield recorded
    }
  }
}

/** The text of an object; `undefined` if it is none of ours, or damaged. @throws errors of the store */
async function textOf(store: Pick<ObjectStore, 'get'>, key: string): Promise<string | undefined> {
  const body = await store.get(key, LIMIT).catch((error) => {
    if (error instanceof ObjectTooLarge) return undefined
    throw error
  })
  if (body === undefined) return undefined
  try {
    return (await decompress(body, { maxOutputLength: LIMIT })).toString()
  } catch {
    return undefined
  }
}

/** What an object tells that begins at `at`; the next one begins at `until`. */
function* itemsOf(
  text: string | undefined,
  { at, until, key }: { at: number; until: number; key: string },
): Generator<Recorded> {
  if (text === undefined || text === '') {
    yield { heardAt: at, unreadable: `${key} cannot be read` }
    return
  }
  let heardAt = at
  let wrong = 0
  for (const line of text.split('\n')) {
    if (line === '') continue
    const item = decodeLine(line)
    const isTime = item !== undefined && 'heardAt' in item
    // Redis counts up. A wrong time would hide all that comes after it.
    if (item === undefined || (isTime && !(item.heardAt >= heardAt && item.heardAt <= until))) wrong += 1
    else if (isTime) heardAt = item.heardAt
    else yield { heardAt, ...item }
  }
  if (wrong > 0) yield { heardAt, unreadable: `${key}: lines that cannot be read: ${wrong}` }
}

/** What was found has no id, and may be told again: that changes nothing. */
function makeIsNew() {
  let [older, newer] = [new Set<string>(), new Set<string>()]
  return ({ id, registry }: Entry): boolean => {
    if (id === '') return true
    const key = `${registry} ${id}`
    if (older.has(key) || newer.has(key)) return false
    newer.add(key)
    if (newer.size >= REMEMBERED) [older, newer] = [newer, new Set()]
    return true
  }
}

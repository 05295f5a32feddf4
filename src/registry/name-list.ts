import { setImmediate as nextTurn } from 'node:timers/promises'
import { isObject } from './descriptor.ts'
import { parseJson } from './json.ts'

/** The bytes that are parsed in one turn of the event loop: at most some 10 ms. */
const PIECE = 64 * 1024

/**
 * The strings in the list `key` of a JSON object, in parts. A registry may list 100,000 tags in one answer of megabytes,
 * so a long list is parsed piece by piece, each in a turn of its own. A list that is `null` or absent is empty.
 * @throws the error that `unreadable` makes
 */
export async function* readNames(
  bytes: Buffer,
  key: string,
  unreadable: () => Error,
): AsyncGenerator<string[]> {
  const strings = (list: unknown) => {
    if (!Array.isArray(list)) throw unreadable()
    return list.filter((name) => typeof name === 'string')
  }
  const listIn = (json: Buffer) => {
    const body = parseJson(json)
    if (!isObject(body)) throw unreadable()
    return strings(body[key] ?? [])
  }
  if (bytes.length <= PIECE) {
    yield listIn(bytes)
    return
  }

  // No name holds a bracket or a quote: the list is between the outer brackets, and `",` ends a name.
  const [start, end] = [bytes.indexOf('['), bytes.lastIndexOf(']')]
  const frame = Buffer.concat([bytes.subarray(0, start + 1), bytes.subarray(end)])
  if (start < 0 || end < start || frame.length > PIECE) throw unreadable()
  listIn(frame)
  for (let at = start + 1; at < end; ) {
    const quote = bytes.indexOf('",', at + PIECE)
    const stop = quote < 0 || quote >= end ? end : quote + 1
    if (stop - at > 2 * PIECE) throw unreadable()
    yield strings(parseJson(Buffer.from(`[${bytes.toString('utf8', at, stop)}]`)))
    at = stop + 1
    await nextTurn()
  }
}

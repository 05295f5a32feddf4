import { setImmediate as endOfTurn } from 'node:timers/promises'

export interface CoalesceOptions<Item> {
  /** What part of a full write an item fills: writes take items while these add up to 1 at most, and one at least. */
  shareOf: (item: Item) => number
  /** Full writes that may wait in memory; an item beyond them is refused. */
  maxWaiting: number
  /** Called when nothing waits any more. */
  onIdle?: () => void
}

/**
 * Turns of the event loop that a write waits for while each of them brings more: some milliseconds at most. On new
 * connections a turn brings one or two requests, and what a write costs is nearly the same for one as for 64: of 8 turns
 * and 64, these took a fifth less time a request.
 */
const TURNS = 64

/** Why an item was refused: writes have been slower than `add`s for too long. */
export class CoalescerFull extends Error {}

/**
 * Turns many `add`s into few `write`s: what arrives while a write is under way goes out together with the next one.
 * Nobody waits for a timer: a lone item is written at the end of the event loop's turn in which it came, with whatever
 * else came in it. (Without that, of requests on new connections every third was a write by itself.) `add` settles as its
 * own write does, with what that gave. @throws CoalescerFull
 */
export function makeCoalescer<Item, Result>(
  write: (items: Item[]) => Promise<Result>,
  { shareOf, maxWaiting, onIdle = () => {} }: CoalesceOptions<Item>,
) {
  interface Waiting {
    item: Item
    share: number
    resolve: (result: Result) => void
    reject: (error: unknown) => void
  }
  let waiting: Waiting[] = []
  let shares = 0
  let writing = false

  /** From the front of what waits, as much as one write takes. */
  function takeBatch(): Waiting[] {
    let count = 0
    let filled = 0
    for (const { share } of waiting) {
      if (count > 0 && filled + share > 1) break
      filled += share
      count++
    }
    const batch = waiting.slice(0, count)
    waiting = waiting.slice(count)
    shares = waiting.length === 0 ? 0 : shares - filled
    return batch
  }

  /** Until the end of a turn in which nothing more came, or of the last that one waits for. */
  async function untilQuiet(): Promise<void> {
    for (let turn = 0, seen = -1; turn < TURNS && waiting.length !== seen; turn++) {
      seen = waiting.length
      await endOfTurn()
    }
  }

  async function flush(): Promise<void> {
    writing = true
    while (waiting.length > 0) {
      await untilQuiet()
      const batch = takeBatch()
      try {
        const result = await write(batch.map((w) => w.item))
        for (const { resolve } of batch) resolve(result)
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    writing = false
    onIdle()
  }

  return {
    add(item: Item): Promise<Result> {
      return new Promise((resolve, reject) => {
        // One item is always let in, however large: it has to go some day.
        if (waiting.length > 0 && shares >= maxWaiting)
          throw new CoalescerFull(`${waiting.length} items wait to be written already`)
        const share = shareOf(item)
        waiting.push({ item, share, resolve, reject })
        shares += share
        if (!writing) void flush()
      })
    },
  }
}

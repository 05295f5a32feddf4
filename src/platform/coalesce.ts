import { setImmediate as endOfTurn } from 'node:timers/promises'

export interface CoalesceOptions<Item> {
  /** What part of a full write an item fills: writes take items while these add up to 1 at most, and one at least. */
  shareOf: (item: Item) => number
  /** Full writes that may wait in memory; an item beyond them is refused. */
  maxWaiting: number
  /** So many go at once, without a wait for more. */
  enough: number
  /** After a write of several, the next waits so long for more, in ms; without it, some turns of the event loop. */
  gatherMs?: number
}

/**
 * Turns of the event loop that a write waits for while they bring more: some milliseconds at most. On new connections a
 * turn brings one or two requests, and what a write costs is nearly the same for one as for 64. It ends with the first
 * `quiet` turn that brings nothing, but, after a write of several, when more are on their way, with the fifth in a row:
 * that is 0.1 ms, and gave 2 to 7 % more requests a second.
 */
const TURNS = { most: 64, quiet: 1, quietAmongMany: 5 }

/** After so many writes of one item each the next goes at once: a turn is 20 µs of what its sender waits. */
const ALONE = 8

/** Why an item was refused: writes have been slower than `add`s for too long. */
export class CoalescerFull extends Error {}

/**
 * Turns many `add`s into few `write`s: what arrives while a write is under way goes out together with the next one.
 * A lone item waits for no timer: it is written at the end of the event loop's turn in which it came, with whatever else
 * came in it, or at once after some that were alone. (Always at once, of requests on new connections every third was a
 * write by itself.) `add` settles as its own write does, with what that gave. @throws CoalescerFull
 */
export function makeCoalescer<Item, Result>(
  write: (items: Item[]) => Promise<Result>,
  { shareOf, maxWaiting, enough, gatherMs }: CoalesceOptions<Item>,
) {
  /** One write to come; items are put into the last of those that wait. */
  interface Batch extends PromiseWithResolvers<Result> {
    items: Item[]
    share: number
  }
  const waiting: Batch[] = []
  let shares = 0
  let writing = false
  /** Writes of one item each since the last of several. */
  let lone = 1
  /** Ends the wait of `gather`. */
  let endGathering = () => {}

  const isEnough = () => {
    const [{ items, share } = { items: [], share: 0 }] = waiting
    return waiting.length > 1 || share >= 1 || items.length >= enough
  }

  const gather = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      endGathering = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  /** Until there is enough, nothing more comes, or it has waited long enough. */
  async function untilQuiet({ items }: Batch): Promise<void> {
    const patience = lone === 0 ? TURNS.quietAmongMany : TURNS.quiet
    for (let turn = 0, quiet = 0; turn < TURNS.most && quiet < patience && !isEnough(); turn++) {
      const before = items.length
      await endOfTurn()
      quiet = items.length === before ? quiet + 1 : 0
    }
  }

  async function flush(): Promise<void> {
    writing = true
    for (let [batch] = waiting; batch !== undefined; [batch] = waiting) {
      if (!isEnough() && lone < ALONE) await (gatherMs && lone === 0 ? gather(gatherMs) : untilQuiet(batch))
      waiting.shift()
      lone = batch.items.length > 1 ? 0 : lone + 1
      shares = waiting.length === 0 ? 0 : shares - batch.share
      try {
        batch.resolve(await write(batch.items))
      } catch (error) {
        batch.reject(error)
      }
    }
    writing = false
  }

  return {
    add(item: Item): Promise<Result> {
      // One item is always let in, however large: it has to go some day.
      if (waiting.length > 0 && shares >= maxWaiting)
        return Promise.reject(new CoalescerFull(`${waiting.length} writes wait already`))
      const share = shareOf(item)
      let batch = waiting.at(-1)
      if (batch === undefined || batch.share + share > 1) {
        batch = { ...Promise.withResolvers<Result>(), items: [], share: 0 }
        waiting.push(batch)
      }
      batch.items.push(item)
      batch.share += share
      shares += share
      if (!writing) void flush()
      else if (isEnough()) endGathering()
      return batch.promise
    },
  }
}

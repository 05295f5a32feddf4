export interface CoalesceOptions<Item> {
  /** What part of a full write an item fills: writes take items while these add up to 1 at most, and one at least. */
  shareOf: (item: Item) => number
  /** Full writes that may wait in memory; an item beyond them is refused. */
  maxWaiting: number
  /** Called when nothing waits any more. */
  onIdle?: () => void
}

/** Why an item was refused: writes have been slower than `add`s for too long. */
export class CoalescerFull extends Error {}

/**
 * Turns many `add`s into few `write`s: what arrives while a write is under way goes out together with the next
 * one. Nobody waits for a timer, so a lone item is written at once. `add` settles as its own write does, with what that
 * gave. @throws CoalescerFull
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

  async function flush(): Promise<void> {
    writing = true
    while (waiting.length > 0) {
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

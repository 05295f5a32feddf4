import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

export interface CoalesceOptions<Item> {
  /** The part of a full write that one item fills. A write holds items of 1 in total, or a single larger one. */
  shareOf: (item: Item) => number
}

/**
 * How long to wait for more after a write of several items, in ms. A write costs nearly the same for one item as for 64;
 * on new connections this pause raised the intake's rate by 40 % (docs/performance.md).
 */
const GATHER_MS = 1

interface Batch<Item, Result> extends PromiseWithResolvers<Result> {
  items: Item[]
  share: number
  /** Runs something in the asynchronous context of the first item: the write belongs to its trace. */
  inContext: <T>(act: () => T) => T
}

/**
 * Turns many `add`s into few `write`s, one at a time. A lone item is written at once. Items that arrive during a write, or
 * in the pause after a write of several, go out together with the next one. `add` settles with the outcome of the write
 * that held its item. The caller bounds how many may wait.
 */
export function makeCoalescer<Item, Result>(
  write: (items: Item[]) => Promise<Result>,
  { shareOf }: CoalesceOptions<Item>,
) {
  const waiting: Batch<Item, Result>[] = []
  let isWriting = false

  async function writeAll(): Promise<void> {
    isWriting = true
    for (let batch = waiting.shift(); batch !== undefined; batch = waiting.shift()) {
      try {
        const { items } = batch
        batch.resolve(await batch.inContext(() => write(items)))
      } catch (error) {
        batch.reject(error)
      }
      if (batch.items.length > 1) await sleep(GATHER_MS)
    }
    isWriting = false
  }

  return {
    add(item: Item): Promise<Result> {
      const share = shareOf(item)
      let batch = waiting.at(-1)
      if (batch === undefined || batch.share + share > 1) {
        batch = {
          ...Promise.withResolvers<Result>(),
          items: [],
          share: 0,
          inContext: AsyncLocalStorage.snapshot(),
        }
        waiting.push(batch)
      }
      batch.items.push(item)
      batch.share += share
      if (!isWriting) void writeAll()
      return batch.promise
    },
  }
}

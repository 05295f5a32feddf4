/** Items written together at most. */
export interface Bounds {
  items: number
}

/**
 * Turns many `add`s into few `write`s: what arrives while a write is under way goes out together with the next
 * one. Nobody waits for a timer, so a lone item is written at once. `add` settles as its own write does, with what that
 * gave; `onIdle` is called when nothing waits any more.
 */
export function makeCoalescer<Item, Result>(
  write: (items: Item[]) => Promise<Result>,
  bounds: Bounds,
  onIdle: () => void = () => {},
) {
  interface Waiting {
    item: Item
    resolve: (result: Result) => void
    reject: (error: unknown) => void
  }
  let waiting: Waiting[] = []
  let writing = false

  async function flush(): Promise<void> {
    writing = true
    while (waiting.length > 0) {
      const batch = waiting.slice(0, bounds.items)
      waiting = waiting.slice(bounds.items)
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
        waiting.push({ item, resolve, reject })
        if (!writing) void flush()
      })
    },
  }
}

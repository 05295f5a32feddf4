/** A queue by priority: `pop` gives the item that comes before all others. Both calls take O(log n). */
export function makeHeap<T>(isBefore: (a: T, b: T) => boolean) {
  // A binary heap: the item at n comes before those at 2n + 1 and 2n + 2.
  const items: T[] = []

  function comesBefore(a: number, b: number): boolean {
    const [first, second] = [items[a], items[b]]
    return first !== undefined && second !== undefined && isBefore(first, second)
  }
  function swap(a: number, b: number): void {
    ;[items[a], items[b]] = [items[b] as T, items[a] as T]
  }

  return {
    push(item: T): void {
      let at = items.push(item) - 1
      for (let parent = (at - 1) >> 1; at > 0 && comesBefore(at, parent); parent = (at - 1) >> 1) {
        swap(at, parent)
        at = parent
      }
    },

    /** `undefined` if it is empty. */
    pop(): T | undefined {
      const [first] = items
      const last = items.pop()
      if (last === undefined || items.length === 0) return last
      items[0] = last
      for (let at = 0; ; ) {
        let next = at
        for (const child of [2 * at + 1, 2 * at + 2]) if (comesBefore(child, next)) next = child
        if (next === at) return first
        swap(at, next)
        at = next
      }
    },
  }
}

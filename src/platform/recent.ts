/**
 * Remembers at least the last `size` keys, and at most twice as many: two sets, of which the older one is dropped when
 * the newer is full.
 */
export function makeRecent(size: number) {
  let [newer, older] = [new Set<string>(), new Set<string>()]
  return {
    has: (key: string): boolean => newer.has(key) || older.has(key),
    add(key: string): void {
      newer.add(key)
      if (newer.size < size) return
      older = newer
      newer = new Set()
    },
    clear(): void {
      ;[newer, older] = [new Set(), new Set()]
    },
  }
}

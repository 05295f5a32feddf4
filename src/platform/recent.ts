/**
 * Remembers at least the last `size` entries, and at most twice as many: two maps, of which the older one is dropped when
 * the newer is full.
 */
export function makeRecent<Value>(size: number) {
  let newer = new Map<string, Value>()
  let older = new Map<string, Value>()
  return {
    get: (key: string): Value | undefined => newer.get(key) ?? older.get(key),
    set(key: string, value: Value): void {
      newer.set(key, value)
      if (newer.size < size) return
      older = newer
      newer = new Map()
    },
    delete(key: string): void {
      newer.delete(key)
      older.delete(key)
    },
    clear(): void {
      newer = new Map()
      older = new Map()
    },
  }
}

/** Remembers the latest values for a while. */
export interface Recent<V> {
  get(key: string): V | undefined
  set(key: string, value: V): void
}

/** Keeps each value for `ms`, and at most `most` values: the oldest go. */
export function makeRecent<V>({ most, ms }: { most: number; ms: number }): Recent<V> {
  const entries = new Map<string, { value: V; at: number }>()
  return {
    get(key) {
      const entry = entries.get(key)
      return entry !== undefined && performance.now() - entry.at <= ms ? entry.value : undefined
    },
    set(key, value) {
      entries.delete(key)
      entries.set(key, { value, at: performance.now() })
      const [oldest] = entries.keys()
      if (entries.size > most && oldest !== undefined) entries.delete(oldest)
    },
  }
}

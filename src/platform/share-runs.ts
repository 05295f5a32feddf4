/**
 * Makes a work of which one run for a key is enough for all who ask before it begins. A caller that asks during a run
 * shares the next one with others, since what it asks for may have come too late for this one. A run that fails fails for
 * those who share it.
 */
export function shareRuns<T>(run: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const runs = new Map<string, { current: Promise<T>; next?: Promise<T> }>()

  function begin(key: string): Promise<T> {
    const current = run(key)
    const entry: { current: Promise<T>; next?: Promise<T> } = { current }
    runs.set(key, entry)
    const end = () => {
      if (entry.next === undefined) runs.delete(key)
    }
    current.then(end, end)
    return current
  }

  return (key) => {
    const entry = runs.get(key)
    if (entry === undefined) return begin(key)
    entry.next ??= entry.current.then(
      () => begin(key),
      () => begin(key),
    )
    return entry.next
  }
}

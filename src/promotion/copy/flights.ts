/** How the content of a blob that is at the target is checked: its first byte is read, or all of it. */
export type Verify = 'sample' | 'full'

/** Something that is being brought to the target. */
interface Flight {
  repository: string
  verify: Verify
  done: Promise<unknown>
}

/** What all copies to one registry bring there at the moment, by blob, manifest or tag. */
export type Flights = Map<string, Flight>

/**
 * Runs a work for `key`, one at a time. If another copy does the same work for the same repository, this waits for it, and
 * returns `undefined` when that is done. If the other one fails, this runs the work itself.
 */
export async function runOnce<T>(
  flights: Flights,
  {
    key,
    repository,
    verify,
    stopped,
  }: { key: string; repository: string; verify: Verify; stopped: AbortSignal },
  work: () => Promise<T>,
): Promise<T | undefined> {
  for (;;) {
    stopped.throwIfAborted()
    const other = flights.get(key)
    if (other === undefined) break
    const isDone = await other.done.then(
      () => true,
      () => false,
    )
    const isEnough = other.repository === repository && (verify === 'sample' || other.verify === 'full')
    if (isDone && isEnough) return undefined
  }
  const done = work().finally(() => flights.delete(key))
  flights.set(key, { repository, verify, done })
  return done
}

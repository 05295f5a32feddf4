/** A reading that has not ended after this long, in ms, is given up for the next one: its connection may be dead. */
const STUCK_MS = 60_000

/**
 * Reads one thing at a time, so that a service that answers more slowly than it is asked still comes to answer. `read` gets the signal
 * with which it ends early.
 */
export function oneAtATime(read: (signal: AbortSignal) => Promise<unknown>, now: () => number = Date.now) {
  let current: { stop: AbortController; beganAt: number } | undefined
  let isWanted = false

  function begin(): void {
    current?.stop.abort()
    isWanted = false
    const mine = { stop: new AbortController(), beganAt: now() }
    current = mine
    void read(mine.stop.signal).finally(() => {
      if (current !== mine) return
      current = undefined
      if (isWanted) begin()
    })
  }
  const isReading = () => current !== undefined && now() - current.beganAt < STUCK_MS
  return {
    begin,
    /** Reads again: at once, or when the reading that goes on has ended, since that may have begun before what is asked about changed. */
    again(): void {
      if (isReading()) isWanted = true
      else begin()
    },
    /** Reads again, unless it is reading. */
    poll(): void {
      if (!isReading()) begin()
    },
    end(): void {
      current?.stop.abort()
      current = undefined
      isWanted = false
    },
  }
}

import { setImmediate as nextTurn } from 'node:timers/promises'

/** How long the work between calls of `pace` may fill one turn of the event loop, in ms. Then others get a turn. */
const TURN_MS = 10

/** When the work of this turn of the event loop began; `undefined` if none did. */
let beganAt: number | undefined

/** The last call of `pace`. Calls are answered in order, each after the work that follows the call before. */
let last: Promise<void> = Promise.resolve()

/**
 * Resolves when this turn of the event loop has time for a piece of work: at once, or in a later turn. All work on events
 * calls it between its pieces. A piece that is long alone, such as the parse of a large event, gets a turn of its own.
 */
export function pace(): Promise<void> {
  last = last.then(untilThereIsTime)
  return last
}

async function untilThereIsTime(): Promise<void> {
  while (beganAt !== undefined && performance.now() - beganAt >= TURN_MS) await nextTurn()
  if (beganAt !== undefined) return
  beganAt = performance.now()
  setImmediate(() => {
    beganAt = undefined
  })
}

import { setImmediate as nextTurn } from 'node:timers/promises'

/** How long the work between calls of `pace` may fill one turn of the event loop, in ms. Then others get a turn. */
const TURN_MS = 10

/** When the work of this turn of the event loop began; `undefined` if none did. */
let beganAt: number | undefined

/**
 * Resolves when this turn of the event loop has time for a piece of work: at once, or in a later turn. All work on events
 * calls it between its pieces. A piece that is long alone, such as the parse of a large event, gets a turn of its own.
 */
export async function pace(): Promise<void> {
  while (beganAt !== undefined && performance.now() - beganAt >= TURN_MS) await nextTurn()
  if (beganAt !== undefined) return
  beganAt = performance.now()
  setImmediate(() => {
    beganAt = undefined
  })
}

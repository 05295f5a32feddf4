import { setImmediate } from 'node:timers/promises'
import type { Pieces } from './pieces.ts'

/** How long work may hold the event loop, in ms: deliveries and other requests wait that long. */
const PIECE_MS = 20

/**
 * Does the work in pieces of at most `pieceMs` and one step, and lets the event loop run in between. A step must be short: it is
 * never interrupted.
 */
export async function inPieces<T>(work: Pieces<T>, pieceMs = PIECE_MS): Promise<T> {
  for (let until = performance.now() + pieceMs; ; ) {
    const step = work.next()
    if (step.done) return step.value
    if (performance.now() < until) continue
    await setImmediate()
    until = performance.now() + pieceMs
  }
}

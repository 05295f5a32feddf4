import { setImmediate } from 'node:timers/promises'

/** How long work may hold the event loop, in ms: deliveries and other requests wait that long. */
const PIECE_MS = 20

/**
 * Work that can pause at each `yield` and gives a result. A `yield` costs some 100 ns, so it belongs after each image, and
 * not after each reference. One step must be short: a step is never interrupted.
 */
export type Pieces<T> = Generator<void, T, void>

/** Does the work in pieces of at most `pieceMs` and one step, and lets the event loop run in between. */
export async function inPieces<T>(work: Pieces<T>, pieceMs = PIECE_MS): Promise<T> {
  for (let until = performance.now() + pieceMs; ; ) {
    const step = work.next()
    if (step.done) return step.value
    if (performance.now() < until) continue
    await setImmediate()
    until = performance.now() + pieceMs
  }
}

/** Does the work without a pause. */
export function atOnce<T>(work: Pieces<T>): T {
  for (;;) {
    const step = work.next()
    if (step.done) return step.value
  }
}

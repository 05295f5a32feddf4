/**
 * Work that can pause at each `yield` and gives a result. A `yield` costs some 100 ns, so it belongs after each image, and
 * not after each reference. `inPieces` (in-pieces.ts) runs it without holding up others; what is pure can be tested at once.
 */
export type Pieces<T> = Generator<void, T, void>

/** Does the work without a pause. */
export function atOnce<T>(work: Pieces<T>): T {
  for (;;) {
    const step = work.next()
    if (step.done) return step.value
  }
}

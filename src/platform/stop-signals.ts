/** Signals of one kind that come within this time count as one, in ms. */
const SAME_MS = 1_000

/**
 * Calls `stop` at the first SIGTERM or SIGINT. Another one ends the process at once, with status 1.
 *
 * At a Ctrl-C the terminal signals the whole group, and `npm start` passes its own copy on: that is no second wish.
 */
export function onStopSignal(stop: (signal: NodeJS.Signals) => void): void {
  let firstAt: number | undefined
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      if (firstAt === undefined) {
        firstAt = performance.now()
        stop(signal)
      } else if (performance.now() - firstAt > SAME_MS) {
        process.exit(1)
      }
    })
}

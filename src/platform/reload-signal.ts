/**
 * Calls `reload` at each SIGHUP, one call after the other. `reload` does not throw. Signals that come during a call share the
 * next one. In a terminal SIGHUP means that it was closed: then `stop` is called.
 */
export function onReloadSignal(reload: () => Promise<void>, stop: () => void): void {
  let isRunning = false
  let isAskedAgain = false
  process.on('SIGHUP', async () => {
    if (process.stdin.isTTY || process.stdout.isTTY) return stop()
    isAskedAgain = true
    if (isRunning) return
    isRunning = true
    while (isAskedAgain) {
      isAskedAgain = false
      await reload()
    }
    isRunning = false
  })
}

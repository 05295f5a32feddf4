/** What a SIGHUP does. `reload` does not throw. */
export interface OnReload {
  reload: () => Promise<void>
  stop: () => void
}

/** The SIGHUPs of a process. Once it knows what to do, it is told: `on` also serves those that came before. */
export interface ReloadSignal {
  on: (what: OnReload) => void
}

/**
 * Heeds SIGHUP from now on. Without a listener the signal ends the process, so this comes before all that takes long to load.
 * `reload` is called at each signal, one call after the other. Signals that come before `on` or during a call share the next one.
 * In a terminal SIGHUP means that it was closed: then `stop` is called, and before `on` the process ends.
 */
export function heedReloadSignal(): ReloadSignal {
  if (process.stdin.isTTY || process.stdout.isTTY)
    return { on: ({ stop }) => void process.on('SIGHUP', stop) }
  let isAsked = false
  let serve: (() => Promise<void>) | undefined
  process.on('SIGHUP', () => {
    isAsked = true
    void serve?.()
  })
  return {
    on({ reload }) {
      let isRunning = false
      serve = async () => {
        if (isRunning) return
        isRunning = true
        while (isAsked) {
          isAsked = false
          await reload()
        }
        isRunning = false
      }
      void serve()
    },
  }
}

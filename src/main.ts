import { heedReloadSignal } from './platform/reload-signal.ts'
import { QUEUE_NAMES } from './queue/jobs.ts'

const signal = heedReloadSignal()
// Only now: it takes a second to load.
const { start } = await import('./start.ts')

/** `node src/main.ts` answers HTTP; with `--workers` it also works off every queue, for a small site. */
await start({ http: true, queues: process.argv.includes('--workers') ? QUEUE_NAMES : [] }, signal)

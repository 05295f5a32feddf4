import { QUEUE_NAMES } from './queue/jobs.ts'
import { start } from './start.ts'

/** `node src/main.ts` answers HTTP; with `--workers` it also works off every queue, for a small site. */
await start({ http: true, queues: process.argv.includes('--workers') ? QUEUE_NAMES : [] })

import { heedReloadSignal } from '../src/platform/reload-signal.ts'
import { QUEUE_NAMES, type QueueName } from '../src/queue/jobs.ts'

const signal = heedReloadSignal()
const asked = process.argv.slice(2)
const isQueue = (name: string): name is QueueName => QUEUE_NAMES.some((queue) => queue === name)
const unknown = asked.filter((name) => !isQueue(name))
if (unknown.length > 0) {
  process.stderr.write(
    `unknown queue: ${unknown.join(', ')}; expected any of ${QUEUE_NAMES.join(', ')}, or none for all\n`,
  )
  process.exit(1)
}

// Only now: it takes a second to load.
const { start } = await import('../src/start.ts')

/** `node workers/main.ts` works off every queue, `node workers/main.ts events quota` only those. */
await start({ http: false, queues: asked.length > 0 ? asked.filter(isQueue) : QUEUE_NAMES }, signal)

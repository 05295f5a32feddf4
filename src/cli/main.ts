#!/usr/bin/env node
import { run } from './run.ts'

// A reader that has seen enough, such as `head -1`, closes the pipe. That is no error.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })

const write = {
  out: (text: string) => process.stdout.write(text),
  err: (text: string) => process.stderr.write(text),
}
process.exitCode = await run(process.argv.slice(2), process.env, write, async function* (config) {
  // Only now: it loads the clients of Redis and S3.
  const { tryConnections } = await import('../compose/try-connections.ts')
  yield* tryConnections(config)
})

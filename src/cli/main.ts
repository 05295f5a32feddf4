#!/usr/bin/env node
import type { Tries } from './cli.ts'
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
// Each is loaded when it is used: they load the clients of Redis and S3.
const tries: Tries = {
  async *tryConnections(config) {
    yield* (await import('../compose/try-connections.ts')).tryConnections(config)
  },
  diagnose: async (config) => (await import('../compose/doctor.ts')).diagnose(config),
}
process.exitCode = await run(process.argv.slice(2), process.env, write, tries)

#!/usr/bin/env node
import { enableCompileCache } from 'node:module'

// Before anything else is loaded. Where no cache can be written, nothing is kept.
enableCompileCache()
const { processTerminal } = await import('./process-terminal.ts')
const { run } = await import('./run.ts')

process.exitCode = await run(process.argv.slice(2), process.env, processTerminal(process), {
  // Each is loaded when it is used: they load the clients of Redis and S3.
  async *tryConnections(config) {
    yield* (await import('../compose/try-connections.ts')).tryConnections(config)
  },
  diagnose: async (config) => (await import('../compose/doctor.ts')).diagnose(config),
})

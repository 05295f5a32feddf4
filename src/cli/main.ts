#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'

// Before anything else is loaded: it takes a third off the time to start. Not Node's default below /tmp, where somebody else could put code.
// Where no cache can be written, none is kept.
enableCompileCache(join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tallyman'))
const { processTerminal } = await import('./process-terminal.ts')
const { run } = await import('./run.ts')

process.exitCode = await run(process.argv.slice(2), process.env, processTerminal(process), {
  // Each is loaded when it is used: they load the clients of Redis and S3.
  async *tryConnections(config) {
    yield* (await import('../compose/try-connections.ts')).tryConnections(config)
  },
  diagnose: async (config) => (await import('../compose/doctor.ts')).diagnose(config),
})

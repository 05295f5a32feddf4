#!/usr/bin/env node
import { enableCompileCache } from 'node:module'

// Before anything else is loaded. Where no cache can be written, nothing is kept.
enableCompileCache()
const { processTerminal } = await import('./process-terminal.ts')
const { run } = await import('./run.ts')

process.exitCode = await run(
  process.argv.slice(2),
  process.env,
  processTerminal(process),
  async function* (config) {
    // Only now: it loads the clients of Redis and S3.
    const { tryConnections } = await import('../compose/try-connections.ts')
    yield* tryConnections(config)
  },
)

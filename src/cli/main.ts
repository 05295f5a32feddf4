#!/usr/bin/env node
import { tryConnections } from '../compose/try-connections.ts'
import { run } from './run.ts'

const write = {
  out: (text: string) => process.stdout.write(text),
  err: (text: string) => process.stderr.write(text),
}
process.exitCode = await run(process.argv.slice(2), process.env, write, tryConnections)

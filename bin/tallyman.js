#!/usr/bin/env node
// The command `tallyman` of the installed package. A Node that is too old can run this file, so that it can say so.
import { readFileSync } from 'node:fs'

const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const needed = Number(engines.node.replace('>=', ''))

if (Number.parseInt(process.versions.node, 10) >= needed) {
  await import('../dist/src/cli/main.js')
} else {
  process.stderr.write(`Tallyman needs Node ${needed} or later; this is Node ${process.versions.node}\n`)
  process.exitCode = 1
}

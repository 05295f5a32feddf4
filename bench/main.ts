import { admission } from './admission.ts'
import { dashboard } from './dashboard.ts'
import { expiry } from './expiry.ts'
import { gc } from './gc.ts'
import { indexing } from './indexing.ts'
import { intake } from './intake.ts'
import { memory } from './memory.ts'
import { promotion } from './promotion.ts'
import { reconcile } from './reconcile.ts'
import { scale } from './scale.ts'
import { throughput } from './throughput.ts'

/** `node bench/main.ts NAME [--small]`: progress on standard error, the result as the last line of standard output. */
const benches = {
  admission,
  dashboard,
  expiry,
  gc,
  index: indexing,
  intake,
  memory,
  promotion,
  reconcile,
  scale,
  throughput,
}

const [name = '', ...flags] = process.argv.slice(2)
const found = Object.entries(benches).find(([bench]) => bench === name)
if (found === undefined || flags.some((flag) => flag !== '--small')) {
  process.stderr.write(`usage: bench NAME [--small]; NAME is one of ${Object.keys(benches).join(', ')}\n`)
  process.exit(2)
}
// Benches remove their files, gigabytes in memory, when the process exits. A signal alone would not run that.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
const [, bench] = found
const result = await bench({
  small: flags.includes('--small'),
  say: (line) => void process.stderr.write(`${line}\n`),
})
process.stdout.write(`${JSON.stringify(result)}\n`)

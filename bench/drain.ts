import { setTimeout as sleep } from 'node:timers/promises'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { makeImage } from '../lab/image.ts'
import { freePort } from '../lab/ports.ts'
import type { Started } from '../lab/process.ts'
import { pushImage } from '../lab/push-image.ts'
import { startRegistry } from '../lab/registry.ts'
import { WEBHOOK_TOKEN } from '../lab/tallyman.ts'
import { makeRegistryClient } from '../src/registry/client.ts'
import { inLanes } from './in-lanes.ts'
import { median } from './median.ts'
import { startServer } from './servers/start.ts'

/** Of each process. */
const RUNS = 3
/** How often a registry is asked how many it has delivered, in ms: each look keeps both cores busy for about one. */
const LOOK_MS = 100

export interface Receiver {
  port: number
  process: Started
}

/**
 * How long a real registry takes to deliver its backlog to a receiver that answers at once, as a part of how long it takes
 * to deliver it to us. It has one request in flight, so this is the cost of the answer to a lone request.
 */
export async function drainRatio(options: {
  small: boolean
  say: (line: string) => void
  /** Processes of ours, which take turns; warmed up, as in production. */
  ours: readonly Receiver[]
}): Promise<number> {
  const { small, say, ours } = options
  const pairs: Record<'instant' | 'ours', Receiver>[] = []
  for (const one of ours) {
    const port = await freePort()
    pairs.push({ ours: one, instant: { port, process: await startServer('instant', port) } })
  }
  const ratios: number[] = []
  for (let run = 1; run <= RUNS; run++)
    for (const pair of pairs) {
      const us = { instant: 0, ours: 0 }
      for (const name of ['instant', 'ours'] as const) {
        us[name] = await drain(pair[name], small ? 1_000 : 5_000)
        say(`run ${run}, a registry's backlog, ${name}: ${us[name].toFixed(0)} µs an event`)
      }
      ratios.push(us.instant / us.ours)
    }
  return median(ratios)
}

/**
 * µs an event, between the first look and the last at a registry that delivers its backlog; the receiver stands still until
 * there is one.
 */
async function drain(receiver: Receiver, backlog: number): Promise<number> {
  const debugPort = await freePort()
  const notify = { url: `http://127.0.0.1:${receiver.port}/v1/events`, token: WEBHOOK_TOKEN }
  const registry = await startRegistry({ notify, debugPort })
  const client = makeRegistryClient({ name: 'bench', url: registry.url })
  try {
    receiver.process.child.kill('SIGSTOP')
    await pushImage(client, 'team/app', 'v1', makeImage({ layers: [{ seed: 'a', bytes: 1_000 }] }))
    await inLanes(16, Array(backlog), async () => {
      const answer = await fetch(`${registry.url}/v2/team/app/manifests/v1`)
      await answer.arrayBuffer()
    })
    receiver.process.child.kill('SIGCONT')
    const looks: { at: number; delivered: number }[] = []
    for (;;) {
      const { Successes: delivered, Pending: pending } = await deliveries(debugPort)
      const at = performance.now()
      const [first, last] = [looks[0], looks.at(-1)]
      if (first && last && pending === 0)
        return ((last.at - first.at) * 1000) / (last.delivered - first.delivered)
      if (delivered > 0) looks.push({ at, delivered })
      await sleep(LOOK_MS)
    }
  } finally {
    receiver.process.child.kill('SIGCONT')
    await client.close()
    await registry.close()
  }
}

const Metrics = Type.Object({ Successes: Type.Integer(), Pending: Type.Integer() })
const Vars = Type.Object({
  registry: Type.Object({
    notifications: Type.Object({ endpoints: Type.Array(Type.Object({ Metrics })) }),
  }),
})

async function deliveries(debugPort: number) {
  const answer = await fetch(`http://127.0.0.1:${debugPort}/debug/vars`)
  const vars = Value.Parse(Vars, await answer.json())
  return vars.registry.notifications.endpoints[0]?.Metrics ?? { Successes: 0, Pending: 0 }
}

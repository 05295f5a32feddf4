import { setTimeout as sleep } from 'node:timers/promises'
import pMap from 'p-map'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { makeImage } from '../lab/image.ts'
import { freePort } from '../lab/ports.ts'
import type { Started } from '../lab/process.ts'
import { pushImage } from '../lab/push-image.ts'
import { startRegistry } from '../lab/registry.ts'
import { WEBHOOK_TOKEN } from '../lab/tallyman.ts'
import { makeRegistryClient } from '../src/registry/client.ts'
import { median } from './median.ts'
import { startServer } from './servers/start.ts'

/** The number of drains of each process. */
const RUNS = 3
/** How long one registry of a pair delivers before the other gets its turn, in ms. The machine's speed drifts by half within seconds. */
const TURN_MS = 250
/** How long a registry gets to start delivering before a turn is measured, in ms. */
const START_MS = 20

export interface Receiver {
  port: number
  process: Started
}

/**
 * Gives the time in which a real registry delivers its backlog to a receiver that answers at once, divided by the time in
 * which another one delivers the same to us. The two take turns. A registry has one request in flight, so this measures
 * the answer to a lone request.
 */
export async function drainRatio(options: {
  small: boolean
  say: (line: string) => void
  /** Warm processes of ours, which take turns. */
  ours: readonly Receiver[]
}): Promise<number> {
  const { small, say, ours } = options
  const pairs: { ours: Receiver; instant: Receiver }[] = []
  for (const one of ours) {
    const port = await freePort()
    pairs.push({ ours: one, instant: { port, process: await startServer('instant', port) } })
  }
  const ratios: number[] = []
  for (let run = 1; run <= RUNS; run++)
    for (const { instant, ours } of pairs) {
      const both: Backlog[] = []
      try {
        for (const receiver of [instant, ours]) both.push(await makeBacklog(receiver, small ? 1_000 : 5_000))
        while (both.some(({ isEmpty }) => !isEmpty())) for (const one of both) await one.deliver()
        const [atOnce = 0, byUs = 0] = both.map(({ usPerEvent }) => usPerEvent())
        ratios.push(atOnce / byUs)
        say(
          `run ${run}, a registry's backlog, µs an event: instant ${atOnce.toFixed(0)}, ours ${byUs.toFixed(0)}, ratio ${(atOnce / byUs).toFixed(2)}`,
        )
      } finally {
        for (const one of both) await one.close()
      }
    }
  return median(ratios)
}

interface Backlog {
  isEmpty(): boolean
  /** Lets the registry deliver for one turn; does nothing once it is empty. */
  deliver(): Promise<void>
  usPerEvent(): number
  close(): Promise<void>
}

/** A stopped registry with `count` undelivered events. The receiver is stopped while they are made. */
async function makeBacklog(receiver: Receiver, count: number): Promise<Backlog> {
  const debugPort = await freePort()
  const notify = { url: `http://127.0.0.1:${receiver.port}/v1/events`, token: WEBHOOK_TOKEN }
  const registry = await startRegistry({ notify, debugPort })
  const { child } = registry.process
  const client = makeRegistryClient({ name: 'bench', url: registry.url })
  receiver.process.child.kill('SIGSTOP')
  try {
    await pushImage(client, 'team/app', 'v1', makeImage({ layers: [{ seed: 'a', bytes: 1_000 }] }))
    const pull = async () => {
      const answer = await fetch(`${registry.url}/v2/team/app/manifests/v1`)
      await answer.arrayBuffer()
    }
    await pMap(Array(count), pull, { concurrency: 16 })
  } catch (error) {
    await registry.close()
    throw error
  } finally {
    child.kill('SIGSTOP')
    receiver.process.child.kill('SIGCONT')
    await client.close()
  }
  const total = { ms: 0, events: 0 }
  let isEmpty = false
  return {
    isEmpty: () => isEmpty,
    async deliver() {
      if (isEmpty) return
      child.kill('SIGCONT')
      await sleep(START_MS)
      const [from, began] = [await deliveries(debugPort), performance.now()]
      await sleep(TURN_MS)
      const [to, ended] = [await deliveries(debugPort), performance.now()]
      child.kill('SIGSTOP')
      isEmpty = to.Pending === 0
      // The last turn is not counted: when it became empty is not known.
      if (isEmpty) return
      total.ms += ended - began
      total.events += to.Successes - from.Successes
    },
    usPerEvent: () => (total.ms * 1000) / total.events,
    close: registry.close,
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

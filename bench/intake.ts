import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../lab/ports.ts'
import type { Started } from '../lab/process.ts'
import { type LabService, makeService } from '../lab/service.ts'
import { type OwnRedis, startOwnRedis } from '../src/platform/own-redis.ts'
import { drainRatio, type Receiver } from './drain.ts'
import { drive, requestOf } from './http-load.ts'
import { madeUpEvents } from './made-up-events.ts'
import { median } from './median.ts'
import { startServer } from './servers/start.ts'

/** The number of measured runs of each process. One run warms it up: V8 optimises until some 20,000 requests have passed. */
const RUNS = 3
/** The number of processes of each kind. They take turns: equal processes differ by up to a fifth in CPU for as long as they run. */
const SETS = 3
/** The number of requests in a run. A run takes a second or two: the machine's speed drifts by half within seconds. */
const REQUESTS = { kept: 16_000, new: 8_000 }
/** The number of registries at once. */
const CONNECTIONS = 64
const BOUNDS = { bare: 0.6, bareNewConnection: 0.65, naive: 1.7, drain: 0.42 }

type Way = 'bare' | 'intake' | 'naive'

/**
 * Compares requests a second, of one event each: a bare Fastify route, our intake, and one `queue.add` for each event, in
 * turn, on kept connections and on new ones. Then a real registry delivers a backlog. Every server is a process of its own;
 * ours is `node src/main.ts` with the Redis that it starts, and each naive one has such a Redis too. No workers run here:
 * `throughput` measures them.
 */
export async function intake({ small, say }: { small: boolean; say: (line: string) => void }) {
  const events = madeUpEvents({
    ...{ count: REQUESTS.kept, before: 10 },
    shape: { projects: 500, repositories: 3, imagesPerBase: 1 },
  }).events
  const requests = events.map(requestOf)
  const services: LabService[] = []
  const redises: OwnRedis[] = []
  const folder = await mkdtemp(join(tmpdir(), 'tallyman-naive-'))
  try {
    const sets: Record<Way, number>[] = []
    const others: Started[] = []
    const ours: Receiver[] = []
    for (let n = 0; n < SETS; n++) {
      const [bare, naive] = [await freePort(), await freePort()]
      const redis = await startOwnRedis({ folder: join(folder, `${n}`), appendfsync: 'everysec', warn: say })
      redises.push(redis)
      others.push(await startServer('bare', bare), await startServer('naive', naive, redis.socket))
      const service = await makeService({ config: { intake: { maxBacklog: '64GiB' } } })
      services.push(service)
      ours.push({ port: service.port, process: await service.startApi() })
      sets.push({ bare, naive, intake: service.port })
    }
    const rates = { kept: emptyRates(), new: emptyRates() }
    const latencies = { p50: [] as number[], p99: [] as number[] }
    const turns = Array.from({ length: RUNS + 1 }, () => sets).flat()
    for (const [turn, ports] of turns.entries())
      for (const mode of ['kept', 'new'] as const)
        for (const way of ['bare', 'intake', 'naive'] as const) {
          const part = requests.slice(0, small ? 1_000 : REQUESTS[mode])
          const result = await drive({ port: ports[way], connections: CONNECTIONS, mode, requests: part })
          if (turn < SETS) continue
          rates[mode][way].push(result.perSecond)
          const sorted = result.latencies.toSorted((a, b) => a - b)
          const [p50, p99] = [0.5, 0.99].map((part) => sorted[Math.floor(sorted.length * part)] ?? 0)
          if (way === 'intake' && mode === 'new') {
            latencies.p50.push(p50 ?? 0)
            latencies.p99.push(p99 ?? 0)
          }
          say(
            `run ${turn - SETS + 1}, ${mode} connections, ${way}: ${result.perSecond.toFixed(0)} requests/s, p50 ${p50?.toFixed(1)} ms, p99 ${p99?.toFixed(1)} ms`,
          )
        }
    // The other servers would wake up now and then beside the registry.
    for (const other of others) await other.stop()
    for (const redis of redises) await redis.stop()
    const drain = await drainRatio({ small, say, ours })
    const rate = (way: Way) => Math.round(median(rates.kept[way]))
    /** The median of the ratios of each run's two rates. */
    const ratio = (mode: 'kept' | 'new', way: Way) =>
      round(median(rates[mode].intake.map((ours, run) => ours / (rates[mode][way][run] ?? 0))))
    const result = {
      bare_rps: rate('bare'),
      intake_rps: rate('intake'),
      naive_rps: rate('naive'),
      ratio_bare: ratio('kept', 'bare'),
      ratio_naive: ratio('kept', 'naive'),
      ratio_bare_new_conn: ratio('new', 'bare'),
      p50_ms: round(median(latencies.p50)),
      p99_ms: round(median(latencies.p99)),
      drain_ratio: round(drain),
    }
    const isReached =
      result.ratio_bare >= BOUNDS.bare &&
      result.ratio_naive >= BOUNDS.naive &&
      result.ratio_bare_new_conn >= BOUNDS.bareNewConnection &&
      result.drain_ratio >= BOUNDS.drain
    if (!isReached) process.exitCode = 1
    return result
  } finally {
    for (const service of services) await service.close()
    for (const redis of redises) await redis.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

const emptyRates = (): Record<Way, number[]> => ({ bare: [], intake: [], naive: [] })

const round = (value: number): number => Number(value.toFixed(2))

import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../lab/ports.ts'
import type { Started } from '../lab/process.ts'
import { type LabService, makeService } from '../lab/service.ts'
import { startOwnRedis } from '../src/platform/own-redis.ts'
import { drainRatio, type Receiver } from './drain.ts'
import { drive, type Load, requestOf } from './http-load.ts'
import { madeUpEvents } from './made-up-events.ts'
import { median } from './median.ts'
import { startServer } from './servers/start.ts'

/**
 * Of each process. Short and many: the machine's pace drifts by half within seconds, and what is compared must have met the
 * same.
 */
const RUNS = 7
/** Processes of each kind, which take turns: of those started alike one takes up to a fifth more CPU than another, for life. */
const SETS = 3
/** As many registries at once. */
const CONNECTIONS = 64
const BOUNDS = { bare: 0.95, naive: 2.5, bareNewConnection: 0.9, drain: 0.65 }

type Way = 'bare' | 'intake' | 'naive'

/**
 * Requests a second, of one event each: a bare Fastify route, our intake, and one `queue.add` an event, in turn, on kept
 * connections and on a new one for each request; then a real registry draining a backlog. The servers are processes of
 * their own, ours `node src/main.ts` with the Redis that it starts by itself, the naive ones with another like it. Workers
 * would share the two cores; that is what `throughput` measures.
 */
export async function intake({ small, say }: { small: boolean; say: (line: string) => void }) {
  const events = madeUpEvents({
    ...{ count: small ? 1_000 : 4_000, before: 10 },
    shape: { projects: 500, repositories: 3, onOneBase: 1 },
  }).events
  const services: LabService[] = []
  const folder = await mkdtemp(join(tmpdir(), 'tallyman-naive-'))
  const redis = await startOwnRedis({ folder, appendfsync: 'everysec' })
  try {
    const sets: Record<Way, number>[] = []
    const others: Started[] = []
    const ours: Receiver[] = []
    for (let n = 0; n < SETS; n++) {
      const [bare, naive] = [await freePort(), await freePort()]
      others.push(await startServer('bare', bare), await startServer('naive', naive, redis.socket))
      const service = await makeService({ config: { intake: { maxBacklog: '64GiB' } } })
      services.push(service)
      ours.push({ port: service.port, process: await service.startApi() })
      sets.push({ bare, naive, intake: service.port })
    }
    const rates = { kept: emptyRates(), new: emptyRates() }
    const latencies = { p50: [] as number[], p99: [] as number[] }
    // The first of each to warm up.
    const turns = Array.from({ length: RUNS + 1 }, () => sets).flat()
    for (const [turn, ports] of turns.entries())
      for (const mode of ['kept', 'new'] as const)
        for (const way of ['bare', 'intake', 'naive'] as const) {
          const requests = events
            .slice(0, mode === 'new' ? events.length / 2 : events.length)
            .map((event) => requestOf({ ...event, id: randomUUID() }))
          const load: Load = { port: ports[way], connections: CONNECTIONS, mode, requests }
          const result = await drive(load)
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
    // A registry's host runs none of these, which wake up now and then.
    for (const other of others) await other.stop()
    await redis.stop()
    const drain = await drainRatio({ small, say, ours })
    const rate = (way: Way) => Math.round(median(rates.kept[way]))
    /** The median of what each run's two rates are to each other. */
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
    await redis.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

const emptyRates = (): Record<Way, number[]> => ({ bare: [], intake: [], naive: [] })

const round = (value: number): number => Number(value.toFixed(2))

import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { freePort } from '../lab/ports.ts'
import { makeService } from '../lab/service.ts'
import { WEBHOOK_TOKEN } from '../lab/tallyman.ts'
import { makeQueues, type Queues } from '../src/queue/queues.ts'
import { makeUsageIndex } from '../src/usage/usage-index.ts'
import { startBenchRedis } from './bench-redis.ts'
import { PREFIX, REGISTRY } from './events-worker.ts'
import { drive, type Request, requestOf } from './http-load.ts'
import { madeUpEvents } from './made-up-events.ts'
import { median } from './median.ts'
import { startServer } from './servers/start.ts'

const RUNS = 9
const CONNECTIONS = 64
const BOUND = 2.2
const SHAPE = { projects: 500, repositories: 3, imagesPerBase: 1 }

/**
 * Compares events a second from HTTP to the index: our API and worker, as users start them, beside a naive pair with one
 * job and one call of the index for each event. They take turns, each with a Redis of its own, from the first request to
 * the empty queue. Sender and Redis are on the same machine. The ratio is the median of the runs' ratios.
 */
export async function throughput({ small, say }: { small: boolean; say: (line: string) => void }) {
  const made = madeUpEvents({ count: small ? 4_000 : 20_000, shape: SHAPE, before: 10 })
  const [earlier, events] = [made.earlier.map(requestOf), made.events.map(requestOf)]
  const stacks = { ours: await startOurs(), naive: await startNaive() }
  const rates: { ours: number[]; naive: number[] } = { ours: [], naive: [] }
  const results = new Set<string>()
  try {
    for (let run = 1; run <= RUNS; run++)
      for (const way of ['ours', 'naive'] as const) {
        const { redis, queue, port } = stacks[way]
        await redis.flushall()
        await through(queue, port, earlier)
        const rate = await through(queue, port, events)
        rates[way].push(rate)
        results.add(await resultOf(redis))
        say(`run ${run}, ${way}: ${rate.toFixed(0)} events/s`)
      }
  } finally {
    await stacks.ours.close()
    await stacks.naive.close()
  }
  if (results.size > 1) throw new Error(`the runs ended in different indexes: ${[...results].join('; ')}`)
  const ratio = median(rates.ours.map((ours, run) => ours / (rates.naive[run] ?? 0)))
  if (ratio < BOUND) process.exitCode = 1
  return {
    events_per_s: Math.round(median(rates.ours)),
    naive_events_per_s: Math.round(median(rates.naive)),
    ratio: Number(ratio.toFixed(2)),
  }
}

async function startOurs() {
  const server = await startBenchRedis()
  const registry = { url: 'http://127.0.0.1:1', token: WEBHOOK_TOKEN, project: { segments: 1 } }
  const service = await makeService({
    redisUrl: server.url,
    config: { registries: { [REGISTRY]: registry } },
  })
  await service.startApi()
  await service.startWorker()
  const redis = new Redis(server.url)
  const close = async () => {
    redis.disconnect()
    await service.close()
    await server.close()
  }
  return { redis, queue: makeQueues(redis, PREFIX).events, port: service.port, close }
}

async function startNaive() {
  const server = await startBenchRedis()
  const port = await freePort()
  const started = [
    await startServer('naive', port, server.url),
    await startServer('naive-worker', await freePort(), server.url),
  ]
  const redis = new Redis(server.url)
  const close = async () => {
    redis.disconnect()
    for (const { stop } of started) await stop()
    await server.close()
  }
  return { redis, queue: makeQueues(redis, PREFIX).events, port, close }
}

/** Sends events and waits until the queue is empty. Gives events a second. */
async function through(queue: Queues['events'], port: number, requests: readonly Request[]): Promise<number> {
  const began = performance.now()
  await drive({ port, connections: CONNECTIONS, mode: 'kept', requests })
  while ((await queue.getJobCountByTypes('waiting', 'active')) > 0) await sleep(5)
  return (requests.length / (performance.now() - began)) * 1000
}

/** Sums the index up, to compare the results of runs. */
async function resultOf(redis: Redis): Promise<string> {
  const index = makeUsageIndex({ redis, prefix: PREFIX })
  const projects = Array.from({ length: SHAPE.projects }, (_, n) => index.usage(`${REGISTRY}/team-${n}`))
  const pulls = (await Promise.all(projects)).reduce((sum, usage) => sum + (usage?.pulls ?? 0), 0)
  return `${await index.registryBytes(REGISTRY)} bytes, ${pulls} pulls`
}

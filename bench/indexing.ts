import type { Cluster, Redis } from 'ioredis'
import { makeIntake } from '../src/events/intake.ts'
import { roomFor } from '../src/events/room.ts'
import { trim } from '../src/events/trim.ts'
import { makeMetrics } from '../src/platform/metrics.ts'
import { connectPatiently } from '../src/platform/redis.ts'
import { closeQueues, makeQueues, type Queues } from '../src/queue/queues.ts'
import { coalesceApply } from '../src/usage/coalesce-apply.ts'
import { makeUsageIndex } from '../src/usage/usage-index.ts'
import { startBenchRedis } from './bench-redis.ts'
import { makeEventsWork, PREFIX, REGISTRY } from './events-worker.ts'
import { madeUpEvents } from './made-up-events.ts'
import { median } from './median.ts'

/** Measured runs of each. One run before these warms up. */
const RUNS = 5
/**
 * How many times a run processes the events together, for once one by one. So both take about as long, and a change
 * of the machine's pace affects both alike.
 */
const TIMES = 4
/** the lowest ratio of the two rates */
const BOUND = 5

/**
 * Events a second that the worker of the `events` queue applies. "Together": queued as the service queues them, many
 * in a job. "One by one": a job, and so a call of the index, for each event. Measured in turn on one Redis, from the
 * start of the worker until its last job is done.
 */
export async function indexing({ small, say }: { small: boolean; say: (line: string) => void }) {
  const shape = { projects: 500, repositories: 3, imagesPerBase: 1 }
  const { earlier, events } = madeUpEvents({ count: small ? 5_000 : 20_000, shape, before: 10 })
  const server = await startBenchRedis()
  const rates: { together: number; oneByOne: number }[] = []
  const results = new Set<string>()
  /** events a second */
  async function rateOf(enqueue: typeof together, times: number): Promise<number> {
    const total = { ms: 0, node: 0, redis: 0 }
    for (let n = 0; n < times; n++) {
      const { ms, cpu, result } = await processAll({ url: server.url, earlier, events, enqueue })
      total.ms += ms
      total.node += cpu.node
      total.redis += cpu.redis
      results.add(result)
    }
    const count = times * events.length
    const rate = (count / total.ms) * 1000
    const perEvent = (us: number) => `${(us / count).toFixed(0)} µs`
    const used = `CPU an event: Node ${perEvent(total.node)}, Redis ${perEvent(total.redis)}`
    say(`${enqueue === together ? 'together' : 'one by one'}: ${rate.toFixed(0)} events/s; ${used}`)
    return rate
  }
  try {
    await rateOf(together, 1)
    for (let run = 1; run <= RUNS; run++)
      rates.push({ together: await rateOf(together, small ? 1 : TIMES), oneByOne: await rateOf(oneByOne, 1) })
  } finally {
    await server.close()
  }
  if (results.size > 1) throw new Error(`the runs ended in different indexes: ${[...results].join('; ')}`)
  const ratio = median(rates.map(({ together, oneByOne }) => together / oneByOne))
  if (ratio < BOUND) process.exitCode = 1
  return {
    events_per_s: Math.round(median(rates.map(({ together }) => together))),
    one_by_one_events_per_s: Math.round(median(rates.map(({ oneByOne }) => oneByOne))),
    ratio: Number(ratio.toFixed(2)),
  }
}

interface Target {
  redis: Redis | Cluster
  queues: Queues
}

/** Queues events through the intake, as if they came from many registries at once. */
async function together({ queues }: Target, events: readonly object[]): Promise<void> {
  const intake = makeIntake({
    ...{ queue: queues.events, metrics: makeMetrics(), maxBacklog: Number.POSITIVE_INFINITY },
    room: roomFor(2 ** 20),
    taken: { add: async () => undefined },
    backlog: { last: () => ({ jobs: 0, bytes: 0 }) },
  })
  // Enough at once to fill jobs to their limit.
  for (let i = 0; i < events.length; i += 10_000)
    await Promise.all(
      events
        .slice(i, i + 10_000)
        .map((event) => intake.receive(REGISTRY, Buffer.from(JSON.stringify({ events: [event] })))),
    )
}

async function oneByOne({ queues }: Target, events: readonly object[]): Promise<void> {
  const receivedAt = new Date().toISOString()
  for (const event of events) trim(event)
  const jobs = events.map((event) => ({
    name: 'events',
    data: { deliveries: [{ registry: REGISTRY, receivedAt, events: [event] }] },
  }))
  for (let i = 0; i < jobs.length; i += 1000) await queues.events.addBulk(jobs.slice(i, i + 1000))
}

/** µs that this process used */
function nodeCpu(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** µs that the server used */
async function redisCpu(redis: Redis | Cluster): Promise<number> {
  const info = await redis.info('cpu')
  const field = (name: string) => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1])
  return (field('used_cpu_user') + field('used_cpu_sys')) * 1e6
}

/** Fills an empty Redis with `earlier`, then processes the events. `result` sums up the index that came of it. */
async function processAll(options: {
  url: string
  earlier: object[]
  events: object[]
  enqueue: (target: Target, events: readonly object[]) => Promise<void>
}) {
  const { url, earlier, events, enqueue } = options
  const redis = await connectPatiently({ url })
  const connection = await connectPatiently({ url })
  const queues = makeQueues(redis, PREFIX)
  try {
    await redis.flushall()
    const index = makeUsageIndex({ redis, prefix: PREFIX })
    const { indexEvents, startWorker } = makeEventsWork({
      ...{ redis, queues, connection },
      index: options.enqueue === together ? coalesceApply(index) : index,
    })
    await indexEvents([{ registry: REGISTRY, receivedAt: new Date().toISOString(), events: earlier }])
    await enqueue({ redis, queues }, events)
    const jobs = await queues.events.getWaitingCount()

    const cpuBefore = { node: nodeCpu(), redis: await redisCpu(redis) }
    const began = performance.now()
    const worker = startWorker()
    let done = 0
    await new Promise<void>((resolve, reject) => {
      worker.on('completed', () => {
        done++
        if (done === jobs) resolve()
      })
      worker.on('failed', (_, error) => reject(error))
    })
    const ms = performance.now() - began
    const cpu = { node: nodeCpu() - cpuBefore.node, redis: (await redisCpu(redis)) - cpuBefore.redis }
    await worker.close()
    const projects = await index.projects(REGISTRY)
    const usages = await Promise.all(projects.map((project) => index.usage(project)))
    const pulls = usages.reduce((sum, usage) => sum + (usage?.pulls ?? 0), 0)
    return { ms, cpu, result: `${await index.registryBytes(REGISTRY)} bytes, ${pulls} pulls` }
  } finally {
    await closeQueues(queues)
    redis.disconnect()
    connection.disconnect()
  }
}

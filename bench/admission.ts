import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { freePort } from '../lab/ports.ts'
import { makeService } from '../lab/service.ts'
import { WEBHOOK_TOKEN } from '../lab/tallyman.ts'
import { projectSubject } from '../src/queue/quota-subject.ts'
import { NEVER } from '../src/quota/evaluate.ts'
import { makeFlags } from '../src/quota/flags.ts'
import { startBenchRedis } from './bench-redis.ts'
import { PREFIX } from './events-worker.ts'
import { drive, type Request } from './http-load.ts'
import { median } from './median.ts'
import { startServer } from './servers/start.ts'

/** The number of projects; every second one is over its quota. */
const PROJECTS = 5_000
const GROUPS = 20
/** The first run warms the processes up. */
const RUNS = 8
/** One question after the other, as a lone proxy asks, and many at once. */
const CONNECTIONS = [1, 16] as const
const BOUND_MS = 1

/**
 * Measures how long `GET /v1/admission` takes on kept connections, beside a route of a bare Fastify that answers at once. They
 * take turns, each in a process of its own. The questions are about projects that are not over their quotas: 204.
 */
export async function admission({ small, say }: { small: boolean; say: (line: string) => void }) {
  const server = await startBenchRedis()
  const redis = new Redis(server.url)
  const groups = Array.from({ length: GROUPS }, (_, n) => ({
    ...{ group: `group-${n}`, projects: [`ci/team-*${n}/*`], limit: '1TiB' },
  }))
  const service = await makeService({
    redisUrl: server.url,
    config: {
      admission: { enabled: true, quotas: ['project', 'group', 'registry'] },
      quotas: [...groups, { registry: 'ci', limit: '10TiB' }],
    },
  })
  const barePort = await freePort()
  const bare = await startServer('bare', barePort)
  try {
    await raiseFlags(redis)
    await service.startApi()
    const asked = Array.from({ length: small ? 1_000 : 10_000 }, (_, n) => (2 * n + 1) % PROJECTS)
    const ways = {
      admission: { port: service.port, requests: asked.map((n) => get('/v1/admission', pushTo(n))) },
      bare: { port: barePort, requests: asked.map(() => get('/readyz', [])) },
    }
    const measured: Record<string, number[]> = {}
    for (let run = 0; run < RUNS; run++)
      for (const connections of CONNECTIONS)
        for (const [way, load] of Object.entries(ways)) {
          const { latencies, perSecond } = await drive({ ...load, connections, mode: 'kept' })
          const sorted = latencies.toSorted((a, b) => a - b)
          const [p50 = 0, p99 = 0] = [0.5, 0.99].map((part) => sorted[Math.floor(sorted.length * part)])
          say(
            `run ${run}, ${way}, ${connections} at a time: ${perSecond.toFixed(0)}/s, p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`,
          )
          if (run === 0) continue
          const name = `${way}_${connections}`
          measured[`${name}_p50_ms`] = [...(measured[`${name}_p50_ms`] ?? []), p50]
          measured[`${name}_p99_ms`] = [...(measured[`${name}_p99_ms`] ?? []), p99]
        }
    const result = Object.fromEntries(
      Object.entries(measured).map(([name, values]) => [name, Number(median(values).toFixed(2))]),
    )
    if ((result.admission_1_p50_ms ?? 0) > BOUND_MS) process.exitCode = 1
    return result
  } finally {
    redis.disconnect()
    await bare.stop()
    await service.close()
    await server.close()
  }
}

async function raiseFlags(redis: Redis): Promise<void> {
  const flags = makeFlags({ redis, prefix: PREFIX })
  const state = { ...NEVER, flag: 'over' as const, since: new Date().toISOString() }
  for (let n = 0; n < PROJECTS; n += 2)
    await flags.replace(projectSubject(`ci/team-${n}/app`), { text: '' }, { state })
}

const pushTo = (n: number): string[] => [
  `Authorization: Bearer ${WEBHOOK_TOKEN}`,
  'X-Original-Method: PUT',
  `X-Original-URI: /v2/team-${n}/app/manifests/v1`,
]

function get(path: string, headers: readonly string[]): Request {
  const id = randomUUID()
  const lines = [`GET ${path} HTTP/1.1`, 'Host: 127.0.0.1', ...headers, `X-Request-Id: ${id}`]
  const bytes = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)
  return { bytes, idAt: bytes.indexOf(id) }
}

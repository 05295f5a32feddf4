import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { stringify } from 'yaml'
import { compose } from '../src/compose.ts'
import { loadConfig } from '../src/config/load.ts'
import { type Logger, makeLog } from '../src/platform/log.ts'
import { QUEUE_NAMES, type QueueName } from '../src/queue/jobs.ts'
import { type LabRedis, startRedis } from './redis.ts'

export const READ_TOKEN = 'lab-read-token-0001'
export const ADMIN_TOKEN = 'lab-admin-token-0001'
export const WEBHOOK_TOKEN = 'lab-webhook-token-0001'

export interface LabTallyman {
  app: FastifyInstance
  redis: LabRedis
  folder: string
  /** Reads JSON from the API with the read token. Throws unless the status is 200. */
  get<Body>(path: string): Promise<Body>
  /** Sends a body as a registry would. Resolves to the status. */
  deliver(body: unknown): Promise<number>
  /** Reconciles a registry, so that its index is exact. */
  reconcile(registry: string): Promise<void>
  /** Resolves once a queue has no job to do. The caller knows that the job it waits for was added before. */
  untilDone(queue: QueueName): Promise<void>
  close(): Promise<void>
}

interface QueueCounts {
  queue: string
  waiting: number
  active: number
  delayed: number
}

/**
 * The whole service in this process; `config` replaces keys of a minimal configuration. It has a Redis of its own, unless it gets
 * that of another one.
 */
export async function startTallyman(
  config: Record<string, unknown> = {},
  options: { queues?: readonly QueueName[]; log?: Logger; redis?: LabRedis } = {},
): Promise<LabTallyman> {
  const folder = await mkdtemp(join(tmpdir(), 'tallyman-lab-'))
  const redis = options.redis ?? (await startRedis())
  const file = join(folder, 'tallyman.yaml')
  await writeFile(
    file,
    stringify({
      server: { readToken: READ_TOKEN, adminToken: ADMIN_TOKEN },
      registries: { ci: { url: 'http://127.0.0.1:1', token: WEBHOOK_TOKEN } },
      ...config,
      reconcile: { atFirstStart: false, ...Object(config.reconcile) },
      dataDir: folder,
    }),
  )
  const loaded = await loadConfig(file, { REDIS_URL: redis.url })
  const duties = { http: true, queues: options.queues ?? QUEUE_NAMES }
  const tallyman = await compose(loaded, duties, options.log ?? makeLog('silent'))
  if (tallyman.app === undefined) throw new Error('composed without HTTP')
  const { app, work, close } = { ...tallyman, app: tallyman.app }
  await work()
  async function get<Body>(path: string): Promise<Body> {
    const answer = await app.inject({ url: path, headers: { authorization: `Bearer ${READ_TOKEN}` } })
    if (answer.statusCode !== 200) throw new Error(`${path}: ${answer.statusCode} ${answer.body}`)
    return answer.json()
  }
  return {
    app,
    redis,
    folder,
    get,
    async untilDone(name) {
      await eventually(
        async () => (await get<{ queues: QueueCounts[] }>('/v1/jobs')).queues,
        (queues) =>
          queues.some(
            ({ queue, waiting, active, delayed }) => queue === name && waiting + active + delayed === 0,
          ),
      )
    },
    async reconcile(registry) {
      const answer = await app.inject({
        method: 'POST',
        url: `/v1/registries/${registry}/reconcile`,
        headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
      })
      const { queue, id } = answer.json().job
      await eventually(
        () => get<{ state: string }>(`/v1/jobs/${queue}/${id}`),
        ({ state }) => state === 'completed',
      )
    },
    async deliver(body) {
      const answer = await app.inject({
        method: 'POST',
        url: '/v1/events',
        headers: { authorization: `Bearer ${WEBHOOK_TOKEN}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      return answer.statusCode
    },
    async close() {
      await close()
      if (options.redis === undefined) await redis.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Until `eventually` gives up, in ms. It is no bound on how long a thing may take: then the test's time-out ends it. */
const NEVER_MS = 90_000

/** Asks every 20 ms until the answer `holds`. Throws with the last answer when it never does. */
export async function eventually<T>(ask: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  let last: unknown
  for (const end = Date.now() + NEVER_MS; Date.now() < end; await sleep(20)) {
    try {
      const value = await ask()
      last = value
      if (holds(value)) return value
    } catch (error) {
      last = error
    }
  }
  throw new Error(
    `did not come to hold in ${NEVER_MS / 1000} s; last: ${last instanceof Error ? last.message : JSON.stringify(last)}`,
  )
}

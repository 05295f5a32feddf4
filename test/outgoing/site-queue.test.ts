import { Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { makeImage } from '../../lab/image.ts'
import { freePort } from '../../lab/ports.ts'
import { pushImage } from '../../lab/push-image.ts'
import { type LabRedis, startRedis } from '../../lab/redis.ts'
import { eventually } from '../../lab/tallyman.ts'
import { makeSiteQueue } from '../../src/outgoing/site-queue.ts'
import type { CloudEvent } from '../../src/platform/cloud-event.ts'
import { type ServiceBed, startServiceBed } from '../cli/service-bed.ts'

/** The worker of a site, as docs/events.md has it. */
function startSiteWorker(port: number) {
  const received: CloudEvent[] = []
  const worker = new Worker<CloudEvent>('tallyman-events', async (job) => void received.push(job.data), {
    connection: { host: '127.0.0.1', port, maxRetriesPerRequest: null },
  })
  worker.on('error', () => {})
  return { received, close: () => worker.close() }
}

let port: number
let bed: ServiceBed
let site: LabRedis | undefined
let worker: ReturnType<typeof startSiteWorker> | undefined
beforeAll(async () => {
  port = await freePort()
  bed = await startServiceBed({
    quotas: [{ project: 'ci/team/*', limit: '10kB' }],
    events: { queue: { name: 'tallyman-events', redis: `redis://127.0.0.1:${port}` } },
  })
})
afterEach(async () => {
  await worker?.close()
  await site?.close()
})
afterAll(() => bed.close())

const image = (seed: string) => makeImage({ layers: [{ seed, bytes: 20_000 }] })

test("a change becomes a job of the site's queue, also if its Redis was away when it happened", async () => {
  await pushImage(bed.client, 'team/full', 'v1', image('first'))
  // An attempt has failed, and the job is kept.
  await eventually(
    () => bed.service.get<{ queues: { queue: string; delayed: number }[] }>('/v1/jobs'),
    ({ queues }) => queues.some(({ queue, delayed }) => queue === 'outgoing' && delayed > 0),
  )
  site = await startRedis({ port })
  worker = startSiteWorker(port)
  const { received } = worker
  await eventually(
    async () => received.length,
    (count) => count > 0,
  )
  expect(received).toEqual([
    {
      ...{ specversion: '1.0', source: '/tallyman', datacontenttype: 'application/json' },
      ...{ id: expect.stringMatching(/^j[0-9a-f]{32}$/), time: expect.any(String) },
      ...{ type: 'tallyman.project.flag.changed', subject: 'ci/team/full' },
      data: expect.objectContaining({ registry: 'ci', project: 'team/full', to: 'over' }),
    },
  ])
})

const event = (id: string): CloudEvent => ({
  ...{ specversion: '1.0', id, source: '/tallyman', type: 'tallyman.image.promoted' },
  ...{ time: '2026-11-27T06:00:00.000Z', datacontenttype: 'application/json', data: {} },
})

test('in Redis, the job is what a worker in another language reads: its name, and its data as JSON', async () => {
  const another = await freePort()
  site = await startRedis({ port: another })
  const queue = makeSiteQueue({ name: 'tallyman-events', redis: `redis://127.0.0.1:${another}` })
  await queue.send(event('a1'))
  const redis = new Redis(another)
  try {
    expect(await redis.lrange('bull:tallyman-events:wait', 0, -1)).toEqual(['a1'])
    const { name, data, opts } = await redis.hgetall('bull:tallyman-events:a1')
    expect([name, JSON.parse(data ?? '')]).toEqual(['tallyman.image.promoted', event('a1')])
    expect(JSON.parse(opts ?? '')).toMatchObject({ attempts: 10, backoff: { type: 'exponential' } })
  } finally {
    redis.disconnect()
    await queue.close?.()
  }
})

test('an event that is sent twice is one job', async () => {
  const another = await freePort()
  site = await startRedis({ port: another })
  const queue = makeSiteQueue({ name: 'tallyman-events', redis: `redis://127.0.0.1:${another}` })
  for (const id of ['a1', 'a1', 'a2']) await queue.send(event(id))
  worker = startSiteWorker(another)
  const { received } = worker
  await eventually(
    async () => received.length,
    (count) => count > 1,
  )
  expect(received.map(({ id }) => id)).toEqual(['a1', 'a2'])
  await queue.close?.()
})

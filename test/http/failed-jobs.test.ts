import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RECENTLY } from '../../lab/recently.ts'
import { ADMIN_TOKEN, eventually, type LabTallyman, READ_TOKEN, startTallyman } from '../../lab/tallyman.ts'
import { closeQueues, makeQueues, type Queues } from '../../src/queue/queues.ts'
import { makeLedger } from '../../src/reconcile/ledger.ts'

/** A chat whose webhook was revoked, and works again later. */
let chat: Server
let status = 404
const heard: string[] = []
let tallyman: LabTallyman

beforeAll(async () => {
  chat = createServer(async (request, response) => {
    if (status === 200) heard.push(JSON.parse(await text(request)).text)
    response.writeHead(status).end()
  })
  await new Promise<void>((resolve) => chat.listen(0, '127.0.0.1', resolve))
  const { port } = chat.address() as AddressInfo
  tallyman = await startTallyman({
    quotas: [{ project: '**', limit: '1kB' }],
    alerts: {
      gather: '1ms',
      channels: [{ name: 'ops', type: 'slack', url: `http://127.0.0.1:${port}/hook` }],
    },
  })
})
afterAll(async () => {
  await tallyman.close()
  chat.close()
})

interface Failed {
  total: number
  jobs: {
    id: string
    attempts: number
    failedReason: string
    data: { channel?: string; deliveries?: object[] }
  }[]
}

test('an alert that its channel refuses fails, and goes out when it is retried', async () => {
  const layer = { mediaType: 'application/octet-stream', size: 2000, digest: `sha256:${'b'.repeat(64)}` }
  await tallyman.deliver({
    events: [
      {
        ...{ id: 'push', timestamp: RECENTLY, action: 'push' },
        target: {
          ...{
            mediaType: 'application/vnd.oci.image.manifest.v1+json',
            size: 500,
            repository: 'team/app',
            tag: 'v1',
          },
          ...{ digest: `sha256:${'a'.repeat(64)}`, references: [layer] },
        },
      },
    ],
  })
  const { jobs } = await eventually(
    () => tallyman.get<Failed>('/v1/jobs/alerts/failed'),
    (answer) => answer.jobs.length === 1,
  )
  expect(jobs[0]).toMatchObject({
    attempts: 1,
    failedReason: expect.stringContaining('404'),
    data: { channel: 'ops' },
  })
  expect(jobs[0]?.failedReason).not.toContain('/hook')

  status = 200
  const retry = (token: string) =>
    tallyman.app.inject({
      method: 'POST',
      url: `/v1/jobs/alerts/${jobs[0]?.id}/retry`,
      headers: { authorization: `Bearer ${token}` },
    })
  expect((await retry(READ_TOKEN)).statusCode).toBe(403)
  expect((await retry(ADMIN_TOKEN)).statusCode).toBe(202)
  await eventually(
    async () => heard,
    (messages) => messages.length === 1,
  )
  expect(heard[0]).toContain('ci/team/app is OVER its quota')
  await eventually(
    () => tallyman.get<Failed>('/v1/jobs/alerts/failed'),
    (answer) => answer.jobs.length === 0,
  )
  expect((await retry(ADMIN_TOKEN)).statusCode).toBe(404)
})

describe('jobs of the queue events', () => {
  let redis: Redis
  let queues: Queues
  beforeAll(() => {
    redis = new Redis(tallyman.redis.port)
    queues = makeQueues(redis, 'tallyman')
  })
  afterAll(async () => {
    await closeQueues(queues)
    redis.disconnect()
  })

  const ask = async (method: 'GET' | 'POST' | 'DELETE', path: string, token = ADMIN_TOKEN) => {
    const url = `/v1/jobs/events/${path}`
    const answer = await tallyman.app.inject({ method, url, headers: { authorization: `Bearer ${token}` } })
    return { status: answer.statusCode, body: answer.json() }
  }
  const failed = (count: number) =>
    eventually(
      async () => (await ask('GET', 'failed')).body as Failed,
      ({ total }) => total === count,
    )
  /** Makes exactly `count` jobs fail: the worker cannot read their events. */
  async function giveUp(count: number): Promise<string[]> {
    await ask('DELETE', 'failed?loseEvents=true')
    const receivedAt = '2026-11-20T10:00:00.000Z'
    const deliveries = [{ registry: 'ci', receivedAt, events: JSON.parse('null') }]
    await queues.events.pause()
    const added = Array.from({ length: count }, () =>
      queues.events.add('events', { deliveries }, { attempts: 1 }),
    )
    const ids = (await Promise.all(added)).map(({ id }) => id ?? '')
    await queues.events.resume()
    await failed(count)
    return ids
  }

  test('shows a failed job with its data; a retried job has all of its attempts', async () => {
    const [id = ''] = await giveUp(1)
    expect((await ask('GET', id, READ_TOKEN)).body).toMatchObject({
      ...{ state: 'failed', attempts: 1, failedReason: expect.any(String) },
      data: { deliveries: [{ registry: 'ci' }] },
    })
    await queues.events.pause()
    expect((await ask('POST', `${id}/retry`)).status).toBe(202)
    expect((await ask('GET', id)).body).toMatchObject({ attempts: 0, failedReason: null })
    expect((await ask('POST', `${id}/retry`)).status).toBe(404)
    // A job that was retried is no longer failed, so it cannot be discarded as such.
    expect(await ask('DELETE', `${id}?loseEvents=true`)).toMatchObject({
      ...{ status: 404, body: { detail: expect.stringContaining(`no failed job "${id}" in queue events`) } },
    })
    await queues.events.resume()
    await failed(1)
  })

  test('retries all failed jobs, each once, also if it fails again', async () => {
    await giveUp(120)
    expect(await ask('POST', 'failed/retry')).toEqual({ status: 202, body: { retried: 120 } })
    await failed(120)
  })

  test('lists failed jobs in pages, by their number and their bytes', async () => {
    const ids = (await giveUp(3)).reverse()
    const page = async (query: string) => (await ask('GET', `failed${query}`)).body
    const first = await page('?limit=2')
    expect([first.total, first.jobs.map(({ id }: { id: string }) => id)]).toEqual([3, ids.slice(0, 2)])
    const last = await page(`?limit=2&cursor=${first.next}`)
    expect([last.jobs.map(({ id }: { id: string }) => id), last.next]).toEqual([ids.slice(2), null])
    for (const id of ids) {
      const job = await queues.events.getJob(id)
      await job?.updateData({ ...job.data, ...{ padding: 'x'.repeat(600_000) } })
    }
    expect((await page('')).jobs).toHaveLength(2)
  })

  test('lists delayed jobs, the next one first', async () => {
    for (const delay of [3_600_000, 60_000])
      await queues.events.add('events', { deliveries: [] }, { jobId: `in-${delay}-ms`, delay })
    const { body } = await ask('GET', 'delayed', READ_TOKEN)
    expect(body).toMatchObject({
      ...{ total: 2, next: null },
      jobs: [
        { id: 'in-60000-ms', attempts: 0, failedReason: null, failedAt: null, data: { deliveries: [] } },
        { id: 'in-3600000-ms' },
      ],
    })
    await queues.events.drain(true)
  })

  // BullMQ has keys of these names.
  test.each([
    'wait',
    'active',
    'completed',
    'meta',
    'events',
    'id',
    'stalled',
    'marker',
    'in-1-ms:logs',
    '0',
    '',
  ])('has no job %j', async (id) => {
    await giveUp(1)
    const path = encodeURIComponent(id)
    expect((await ask('GET', path)).status).toBe(404)
    expect((await ask('POST', `${path}/retry`)).status).toBe(404)
    expect((await ask('DELETE', `${path}?loseEvents=true`)).status).toBe(404)
  })

  test('discards jobs only with loseEvents, and notes a gap', async () => {
    const [id = ''] = await giveUp(3)
    expect((await tallyman.app.inject('/metrics')).body).toMatch(
      /^tallyman_jobs\{queue="events",state="failed"\} 3$/m,
    )
    for (const path of [id, 'failed'])
      expect(await ask('DELETE', path)).toMatchObject({
        ...{ status: 409, body: { detail: expect.stringContaining('loseEvents=true') } },
      })
    expect((await ask('DELETE', 'failed?loseEvents=true', READ_TOKEN)).status).toBe(403)
    const { jobs } = await failed(3)
    expect(jobs.map(({ data }) => data)).toMatchObject(Array(3).fill({ deliveries: [{ registry: 'ci' }] }))
    expect((await ask('DELETE', `${id}?loseEvents=true`)).body).toEqual({ discarded: 1 })
    expect((await ask('DELETE', 'failed?loseEvents=true')).body).toEqual({ discarded: 2 })
    expect((await failed(0)).jobs).toEqual([])
    const { gaps } = await makeLedger({ redis, prefix: 'tallyman' }).status('ci')
    expect(gaps).toEqual([
      {
        ...{ since: Date.UTC(2026, 10, 20, 10) * 1000, cause: 'discarded 2026-11-20T10:00' },
        reason: 'events could not be processed and were discarded',
      },
    ])
  })
})

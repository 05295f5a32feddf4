import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { keepLines } from '../../lab/log-lines.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { makeAnnounce } from '../../src/alerts/announce.ts'
import { makeBoxes } from '../../src/alerts/boxes.ts'
import { makeWebhookChannel } from '../../src/alerts/channels/webhook.ts'
import { makeDeliver } from '../../src/alerts/deliver.ts'
import { makeDeliveries } from '../../src/alerts/deliveries.ts'
import { makeGather } from '../../src/alerts/gather.ts'
import { makeLines } from '../../src/alerts/lines.ts'
import { makeNewestAlerts } from '../../src/alerts/newest-alerts.ts'
import { makeRoutes } from '../../src/alerts/routes.ts'
import { makeSnoozes } from '../../src/alerts/snoozes.ts'
import { makeMetrics } from '../../src/platform/metrics.ts'
import { AlertRecord, type QuotaAlert } from '../../src/queue/alert.ts'
import { closeQueues, makeQueues, type Queues } from '../../src/queue/queues.ts'
import { makeFolderStore } from '../../src/store/folder-store.ts'
import { makeJournal } from '../../src/store/journal.ts'
import { alertsWorker } from '../../workers/alerts.ts'
import { type Received, startReceiver } from './receiver.ts'
import { sampleAlert } from './sample-alert.ts'

const bed = useRedis()
let queues: Queues
let folder: string
let closers: (() => unknown)[]
beforeEach(async () => {
  queues = makeQueues(bed.redis, 't')
  folder = await mkdtemp(join(tmpdir(), 'tallyman-channel-down-'))
  closers = [() => rm(folder, { recursive: true }), () => closeQueues(queues)]
})
afterEach(async () => {
  for (const close of closers.reverse()) await close()
})

/** A chat that answers with this status and these headers. */
async function startChat(name: string) {
  const how = { status: 200, headers: {} as Record<string, string> }
  const got: string[] = []
  const idOf = ({ body }: Received) => JSON.parse(body).id
  const receiver = await startReceiver((response, request) => {
    if (how.status === 200) got.push(idOf(request))
    response.writeHead(how.status, how.headers).end()
  })
  closers.push(receiver.close)
  const channel = makeWebhookChannel({ name, url: receiver.url, secret: 'c2VjcmV0' })
  return { how, got, channel, asked: () => receiver.received.map(idOf) }
}

/** Starts a worker of the queue, as a process has it. */
async function startWorker(chats: readonly Awaited<ReturnType<typeof startChat>>[]) {
  const redis = { redis: bed.redis, prefix: 't' }
  const { log } = keepLines()
  const connection = new Redis(bed.server.port, { maxRetriesPerRequest: null })
  const routes = makeRoutes(
    chats.map(({ channel }) => ({ channel, projects: ['**'], kinds: ['*'], severity: 'info' })),
  )
  const lines = makeLines(redis)
  const deliveries = makeDeliveries(redis)
  const journal = makeJournal({
    ...{ store: makeFolderStore({ path: folder }), kind: 'alerts', schema: AlertRecord },
    onUnreadable: (_, error) => {
      throw error
    },
  })
  const announce = makeAnnounce({
    ...{ routes: () => routes, journal, log },
    gather: makeGather({
      ...{ snoozes: makeSnoozes(redis), deliveries },
      queues,
      lines,
      boxes: makeBoxes(redis),
      newestAlerts: makeNewestAlerts(redis),
      gatherMs: () => 1,
      isFilling: async () => false,
    }),
    deliver: makeDeliver({ queues, lines, deliveries, metrics: makeMetrics(), log }),
  })
  const worker = alertsWorker(
    { connection, prefix: 't', log, outage: { takes: () => false }, metrics: makeMetrics() },
    announce,
    4 + chats.length,
  )
  closers.push(async () => {
    await worker.close()
    connection.disconnect()
  })
  await worker.waitUntilReady()
  return { worker, deliveries }
}

const START = Date.now()
const alert = (id: string, project: string, second: number, to: QuotaAlert['to'] = 'over'): QuotaAlert => ({
  ...{ ...sampleAlert, id, project, to },
  at: new Date(START + second * 1000).toISOString(),
})
const announced = (one: QuotaAlert) =>
  queues.alerts.add('alerts', { kind: 'announce', alert: one }, { jobId: one.id })

const soon = { timeout: 60_000, interval: 50 }

test('a channel that is down gets everything afterwards, in order, but for what was overtaken; others are not held up', async () => {
  const [up, down] = [await startChat('up'), await startChat('down')]
  down.how.status = 503
  const { deliveries } = await startWorker([up, down])
  const all = [
    alert('a-warning', 'a', 1, 'warning'),
    alert('b-over', 'b', 2),
    alert('c-over', 'c', 3),
    alert('b-ok', 'b', 4, 'ok'),
    alert('d-over', 'd', 5),
  ]
  for (const one of all) {
    await announced(one)
    await vi.waitFor(() => expect(up.got).toContain(one.id), soon)
  }
  expect(up.got).toEqual(all.map(({ id }) => id))
  // Only the first of the line was tried.
  await vi.waitFor(() => expect(down.asked().length).toBeGreaterThan(0), soon)
  expect(new Set(down.asked())).toEqual(new Set(['a-warning']))
  down.how.status = 200
  await vi.waitFor(() => expect(down.got).toContain('d-over'), soon)
  expect(down.got).toEqual(['a-warning', 'c-over', 'b-ok', 'd-over'])
  const ofDown = await vi.waitFor(async () => {
    const history = (await deliveries.recent(100)).map(({ delivery }) => delivery).reverse()
    const found = history.filter(({ channel }) => channel === 'down')
    // When it is noticed that a message was overtaken does not matter.
    expect(found.map(({ message, result }) => `${message} ${result}`).sort()).toEqual([
      ...['a-warning accepted', 'a-warning failed', 'b-ok accepted', 'b-over overtaken'],
      ...['c-over accepted', 'd-over accepted'],
    ])
    return found.filter(({ message }) => message === 'a-warning')
  }, soon)
  expect(ofDown[0]).toMatchObject({ answer: expect.stringContaining('answered 503'), attempt: 1 })
  expect(ofDown[1]?.attempt).toBeGreaterThan(1)
})

test('a channel that asks to wait gets nothing before, and no attempt is used up', async () => {
  const chat = await startChat('chat')
  Object.assign(chat.how, { status: 429, headers: { 'retry-after': '1' } })
  const { worker, deliveries } = await startWorker([chat])
  const asked = performance.now()
  await announced(alert('a', 'a', 1))
  await vi.waitFor(() => expect(chat.asked()).toHaveLength(1), soon)
  chat.how.status = 200
  const [job] = await once(worker, 'completed').then(async (first) =>
    first[0].data.kind === 'deliver' ? first : once(worker, 'completed'),
  )
  expect(performance.now() - asked).toBeGreaterThan(1_000)
  expect(chat.got).toEqual(['a'])
  expect(job.attemptsMade).toBe(1)
  expect((await deliveries.recent(10)).map(({ delivery }) => [delivery.result, delivery.attempt])).toEqual([
    ['accepted', 1],
  ])
})

test('a message that a channel refuses for good does not hold up the next one, and can be sent again by hand', async () => {
  const chat = await startChat('chat')
  chat.how.status = 410
  const { deliveries } = await startWorker([chat])
  await announced(alert('a', 'a', 1))
  await vi.waitFor(async () => expect(await queues.alerts.getFailedCount()).toBe(1), soon)
  chat.how.status = 200
  await announced(alert('b', 'b', 2))
  await vi.waitFor(() => expect(chat.got).toEqual(['b']), soon)
  const [failed] = await queues.alerts.getFailed()
  expect(failed?.failedReason).toMatch(/^channel chat at 127\S+ answered 410$/)
  await vi.waitFor(
    async () =>
      expect((await deliveries.recent(10)).map(({ delivery: { result } }) => result)).toEqual([
        'accepted',
        'refused',
      ]),
    soon,
  )
  await failed?.retry()
  await vi.waitFor(() => expect(chat.got).toEqual(['b', 'a']), soon)
})

import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterEach, expect, test } from 'vitest'
import { type LabRedis, startRedis } from '../../lab/redis.ts'
import { type LabService, makeService } from '../../lab/service.ts'
import { eventually, WEBHOOK_TOKEN } from '../../lab/tallyman.ts'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

interface Line {
  level: string
  msg: string
  awaySeconds?: number
}

const linesOf = (output: string): Line[] =>
  output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))

/** Delivers again and again, as registries do, and asks for metrics. Gives the statuses of the deliveries. */
async function deliverUntil(service: LabService, isOver: () => boolean): Promise<Set<number>> {
  const statuses = new Set<number>()
  for (let n = 0; !isOver(); n++) {
    const answer = await fetch(`${service.url}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${WEBHOOK_TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ events: [{ id: `${n}`, action: 'pull' }] }),
    })
    await answer.body?.cancel()
    statuses.add(answer.status)
    if (n % 10 === 0) await (await fetch(`${service.url}/metrics`)).text()
    await sleep(50)
  }
  return statuses
}

/** A Redis that came back empty would be another line. */
const ON_DISK = ['--appendonly', 'yes']

async function kill(redis: LabRedis): Promise<() => Promise<unknown>> {
  await redis.process.stop('SIGKILL')
  return async () => {
    const again = await startRedis({ port: redis.port, folder: redis.folder, args: ON_DISK })
    closers.push(() => again.process.stop())
  }
}

test('while Redis is away the log says so in one line, in plain words, and in one line that it is back', async () => {
  const redis = await startRedis({ args: ON_DISK })
  closers.push(redis.close)
  const service = await makeService({ redisUrl: redis.url })
  closers.push(service.close)
  const api = await service.startApi(['--workers'])
  const worker = await service.startWorker()
  await eventually(
    async () => worker.output(),
    (output) => output.includes('tallyman is up'),
  )
  const before = { api: api.output().length, worker: worker.output().length }
  const start = await kill(redis)
  const until = Date.now() + 6_000
  expect(await deliverUntil(service, () => Date.now() > until)).toContain(503)
  await start()
  const isBack = (output: string) => output.includes('is back')
  await eventually(
    async () => [api, worker].every((process) => isBack(process.output())),
    (all) => all,
  )
  for (const [process, from] of [
    [api, before.api],
    [worker, before.worker],
  ] as const) {
    const lines = linesOf(process.output().slice(from)).filter(({ msg }) => msg !== 'events quarantined')
    const where = `Redis at 127.0.0.1:${redis.port}`
    const back = lines.pop()
    expect(back?.level).toBe('info')
    expect(back?.msg).toMatch(new RegExp(`^${where} is back: it was away for \\d+`))
    expect(back?.awaySeconds).toBeGreaterThanOrEqual(6)
    expect(lines).toHaveLength(1 + Math.floor((back?.awaySeconds ?? 0) / 60))
    for (const { level, msg } of lines) {
      expect(level).toBe('warn')
      expect(msg).toMatch(new RegExp(`^${where} is away \\(since \\S+Z\\): [a-z ]+\\. Deliveries get 503`))
    }
  }
})

test('while Redis is full the log says so in one line', async () => {
  const redis = await startRedis()
  closers.push(redis.close)
  const service = await makeService({ redisUrl: redis.url })
  closers.push(service.close)
  const api = await service.startApi(['--workers'])
  await eventually(
    async () => api.output(),
    (output) => output.includes('tallyman is up'),
  )
  const from = api.output().length
  const admin = new Redis(redis.port)
  await admin.config('SET', 'maxmemory', '1')
  admin.disconnect()
  const until = Date.now() + 4_000
  expect(await deliverUntil(service, () => Date.now() > until)).toEqual(new Set([503]))
  expect(linesOf(api.output().slice(from)).map(({ msg }) => msg)).toEqual([
    expect.stringMatching(/refuses commands \(since \S+\): it answers "OOM [^"]+"\. Deliveries get 503/),
  ])
})

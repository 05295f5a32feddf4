import { afterEach, expect, test } from 'vitest'
import { startEventSource } from '../../lab/event-source.ts'
import { indexComesToHold } from '../../lab/index-holds.ts'
import { startRedis } from '../../lab/redis.ts'
import { makeService } from '../../lab/service.ts'
import { eventually } from '../../lab/tallyman.ts'
import { connectPatiently } from '../../src/platform/redis.ts'
import { parseRedisUrl } from '../../src/platform/redis-url.ts'
import { closeQueues, makeQueues } from '../../src/queue/queues.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

test('Redis is full when the service starts: it starts, answers 503, and does all of its work once there is room', async () => {
  const redis = await startRedis({ args: ['--maxmemory', '1', '--maxmemory-policy', 'noeviction'] })
  closers.push(() => redis.close())
  const service = await makeService({
    redisUrl: redis.url,
    config: {
      quotas: [{ project: 'ci/*', limit: '1GiB' }],
      expiry: {
        policies: [{ name: 'old', match: { registry: 'ci' }, rules: [{ tag: '*', keep: { newest: 3 } }] }],
      },
      snapshots: { every: '1d' },
    },
  })
  closers.push(service.close)
  const processes = [await service.startApi(['--workers']), await service.startWorker()]
  const source = startEventSource({ url: service.url, registries: 2, projects: 3 })
  await eventually(
    async () => source.refusals.get(503) ?? 0,
    (count) => count > 20,
  )
  // Each process has begun its work, and was refused.
  await eventually(
    async () => processes.map(({ output }) => output()),
    (logs) => logs.every((log) => log.includes('refuses commands (since ') && log.includes('tallyman is up')),
  )
  expect(processes.map(({ child }) => child.exitCode)).toEqual([null, null])

  // The errors of ioredis hold whole scripts and what was to be written.
  for (const { output } of processes) expect(output()).not.toContain('"args"')

  const connection = await connectPatiently(parseRedisUrl(redis.url))
  closers.push(() => connection.disconnect())
  await connection.call('CONFIG', 'SET', 'maxmemory', '0')
  await source.untilMore(20)
  await source.stop()
  await indexComesToHold(redis.url, source.told)
  const queues = makeQueues(connection, 'tallyman')
  closers.push(() => closeQueues(queues))
  const schedules = async () =>
    (
      await Promise.all(
        [queues.expiry, queues.snapshot, queues.reconcile].map((queue) => queue.getJobSchedulers()),
      )
    ).flatMap((found) => found.map(({ key }) => key))
  await eventually(schedules, (keys) => keys.length === 3)
  expect(await schedules()).toEqual(['ci/old', 'snapshot-write', 'reconcile-ci'])
  expect(processes.map(({ child }) => child.exitCode)).toEqual([null, null])
})

import { Redis } from 'ioredis'
import { afterEach, expect, test } from 'vitest'
import { type LabRedis, startRedis } from '../../lab/redis.ts'
import { startRedisCluster } from '../../lab/redis-cluster.ts'
import { eventually } from '../../lab/tallyman.ts'
import { watchRedis } from '../../src/compose/watch-redis.ts'
import { connectPatiently } from '../../src/platform/redis.ts'
import { judge, judgeRedis } from '../../src/platform/redis-settings.ts'
import { parseRedisUrl } from '../../src/platform/redis-url.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function start(...args: string[]): Promise<{ server: LabRedis; redis: Redis }> {
  const server = await startRedis({ args })
  closers.push(server.close)
  const redis = new Redis(server.port)
  closers.push(() => redis.disconnect())
  return { server, redis }
}

test.each(['allkeys-lru', 'allkeys-random', 'volatile-ttl'])(
  '%s is refused: what to set is said',
  async (policy) => {
    const { redis } = await start('--maxmemory-policy', policy, '--appendonly', 'yes')
    const { refusal } = await judgeRedis(redis, 'here')
    expect(refusal).toContain(`maxmemory-policy ${policy}`)
    expect(refusal).toContain('set maxmemory-policy to noeviction')
  },
)

test('a Redis without an append-only file is a warning: it keeps nothing on disk, or only what it saved last', async () => {
  const { redis } = await start()
  expect(await judgeRedis(redis, 'here')).toEqual({
    warnings: [expect.stringContaining('Redis at here keeps nothing on disk')],
  })
  await redis.config('SET', 'save', '3600 1')
  expect(await judgeRedis(redis, 'here')).toEqual({
    warnings: [expect.stringContaining('Redis at here writes to disk only now and then (save 3600 1)')],
  })
  await redis.config('SET', 'save', '')
  await redis.config('SET', 'appendonly', 'yes')
  expect(await judgeRedis(redis, 'here')).toEqual({ warnings: [] })
  // It does not stop while it writes its first append-only file.
  await eventually(
    () => redis.info('persistence'),
    (info) => /aof_rewrite_in_progress:0/.test(info) && /aof_rewrite_scheduled:0/.test(info),
  )
})

test('what this user may not ask is a warning, and no reason to stop', async () => {
  const { server, redis } = await start()
  for (const [name, forbidden] of [
    ['no-info', '-info'],
    ['no-config', '-config'],
  ] as const) {
    await redis.call('ACL', 'SETUSER', name, 'on', '>secret', '~*', '&*', '+@all', forbidden)
    const client = new Redis(`redis://${name}:secret@127.0.0.1:${server.port}`, { enableReadyCheck: false })
    closers.push(() => client.disconnect())
    expect(await judgeRedis(client, 'here')).toEqual({
      warnings: [expect.stringMatching(name === 'no-info' ? /forbids INFO/ : /forbids CONFIG/)],
    })
  }
})

test('a version before 7 is refused', () => {
  const info = 'redis_version:6.2.14\r\nmaxmemory_policy:noeviction\r\naof_enabled:1\r\n'
  expect(judge({ info }, 'here').refusal).toBe('Redis at here has version 6.2.14: Tallyman needs 7 or later')
  expect(judge({ info: info.replace('6.2.14', '7.0.0') }, 'here')).toEqual({ warnings: [] })
  expect(judge({ info: info.replace('6.2.14', '10.0.0') }, 'here')).toEqual({ warnings: [] })
})

test('one master of a cluster that evicts is enough', async () => {
  const cluster = await startRedisCluster({ nodes: 3, replicas: 0 })
  closers.push(cluster.close)
  const redis = await connectPatiently(parseRedisUrl(cluster.url))
  closers.push(() => redis.disconnect())
  expect((await judgeRedis(redis, 'here')).refusal).toBeUndefined()
  const one = new Redis(cluster.nodes[1]?.port ?? 0)
  closers.push(() => one.disconnect())
  await one.config('SET', 'maxmemory-policy', 'allkeys-lfu')
  expect((await judgeRedis(redis, 'here')).refusal).toContain('allkeys-lfu')
})

test('a change while the service runs is noticed: a warning once, a refusal at each look until it is over', async () => {
  const { redis } = await start()
  const logged: { warn: unknown[]; error: unknown[] } = { warn: [], error: [] }
  const log = {
    warn: (message: unknown) => void logged.warn.push(message),
    error: (message: unknown) => void logged.error.push(message),
  }
  const given = { redis, where: 'here', key: 't:identity', otherWarnings: async () => [] }
  const stops: (() => unknown)[] = []
  const onClose = (stop: () => unknown) => stops.push(stop)
  const watch = await watchRedis({ ...given, everyMs: 20, log, onClose })
  closers.push(() => stops.map((stop) => stop()))
  expect(watch.judgement().refusal).toBeUndefined()
  await redis.config('SET', 'maxmemory-policy', 'allkeys-lru')
  await eventually(
    async () => logged.error.length,
    (count) => count > 1,
  )
  expect(watch.judgement().refusal).toContain('allkeys-lru')
  await redis.config('SET', 'maxmemory-policy', 'noeviction')
  await eventually(
    async () => watch.judgement().refusal,
    (refusal) => refusal === undefined,
  )
  await redis.config('SET', 'maxmemory-policy', 'allkeys-lru')
  await expect(watchRedis({ ...given, everyMs: 20, log, onClose })).rejects.toThrow('allkeys-lru')
  expect(logged.warn.filter((message) => /nothing on disk/.test(String(message)))).not.toHaveLength(0)
})

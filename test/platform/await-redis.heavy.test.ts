import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, expect, test } from 'vitest'
import { freePort } from '../../lab/ports.ts'
import { startProcess } from '../../lab/process.ts'
import { startRedis } from '../../lab/redis.ts'
import { connectFailingFast, connectPatiently } from '../../src/platform/redis.ts'

const closers: (() => unknown)[] = []
afterAll(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const CONNECTS = [
  ['fails fast', connectFailingFast],
  ['waits', connectPatiently],
] as const

// These tests wait for most of their time, so they run together.
test.concurrent.each(CONNECTS)(
  'a connection that %s: a start says at once that nothing listens, and gives up',
  async (_, connect) => {
    const told: string[] = []
    const port = await freePort()
    const answer = connect({ url: `redis://:hidden@127.0.0.1:${port}` }, (message) => told.push(message))
    await expect(answer).rejects.toThrow(
      `Redis at 127.0.0.1:${port} cannot be reached: nothing listens there (connect ECONNREFUSED 127.0.0.1:${port})`,
    )
    expect(told).toEqual([
      `Redis at 127.0.0.1:${port} cannot be reached yet: nothing listens there (connect ECONNREFUSED 127.0.0.1:${port})`,
    ])
  },
)

test.concurrent('an unknown host is named', async () => {
  await expect(connectPatiently({ url: 'redis://no-such-host.invalid' })).rejects.toThrow(
    'cannot be reached: the host no-such-host.invalid is unknown',
  )
})

test.concurrent('a wrong password is no reason to wait', async () => {
  const server = await startRedis()
  closers.push(server.close)
  const client = new Redis(server.port)
  await client.config('SET', 'requirepass', 'right')
  client.disconnect()
  for (const [url, reason] of [
    [`redis://:wrong@127.0.0.1:${server.port}`, 'WRONGPASS'],
    [server.url, 'NOAUTH'],
  ] as const)
    for (const [, connect] of CONNECTS)
      await expect(connect({ url })).rejects.toThrow(`cannot be reached: ${reason}`)
})

test.concurrent('a server that accepts connections and never answers is given up', async () => {
  const server = createServer(() => {}).listen(0, '127.0.0.1')
  closers.push(() => server.close())
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  await expect(connectPatiently({ url: `redis://127.0.0.1:${port}` })).rejects.toThrow('no answer in 10 s')
})

test.concurrent('a Redis that starts a second later is waited for', async () => {
  const port = await freePort()
  const later = new Promise((resolve) => setTimeout(resolve, 1_000)).then(() => startRedis({ port }))
  closers.push(async () => (await later).close())
  const redis = await connectPatiently({ url: `redis://127.0.0.1:${port}` })
  closers.push(() => redis.disconnect())
  expect(await redis.ping()).toBe('PONG')
})

test.concurrent('a Redis that loads its data is waited for, longer than a silent one', async () => {
  const full = await startRedis()
  closers.push(full.close)
  const client = new Redis(full.port)
  await client.mset(Object.fromEntries(Array.from({ length: 130 }, (_, n) => [`key-${n}`, `${n}`])))
  await client.save()
  client.disconnect()
  await full.process.stop()
  const port = await freePort()
  // 130 keys of 100 ms each.
  const slow = ['--key-load-delay', '100000', '--loading-process-events-interval-bytes', '1024']
  const loading = await startProcess({
    command: 'redis-server',
    args: ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', full.folder, '--save', '', ...slow],
    logFile: join(full.folder, 'loading.log'),
    ready: async () => true,
  })
  closers.push(() => loading.stop('SIGKILL'))
  for (const [, connect] of CONNECTS) {
    const told: string[] = []
    const redis = await connect({ url: `redis://127.0.0.1:${port}` }, (message) => told.push(message))
    closers.push(() => redis.disconnect())
    expect(await redis.get('key-129')).toBe('129')
    if (connect === connectFailingFast)
      expect(told).toContain(`Redis at 127.0.0.1:${port} loads its data: waiting`)
  }
})

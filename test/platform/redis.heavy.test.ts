import { Redis } from 'ioredis'
import { afterEach, expect, test } from 'vitest'
import { type LabRedis, startRedis } from '../../lab/redis.ts'
import { startRedisCluster } from '../../lab/redis-cluster.ts'
import { startSentinel } from '../../lab/redis-sentinel.ts'
import { eventually } from '../../lab/tallyman.ts'
import { connectFailingFast, connectPatiently } from '../../src/platform/redis.ts'
import { parseRedisUrl } from '../../src/platform/redis-url.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** Adds a user with all permissions. */
async function addUser(port: number, name: string, password: string): Promise<void> {
  const client = new Redis(port)
  await client.call('ACL', 'SETUSER', name, 'on', `>${password}`, '~*', '&*', '+@all')
  client.disconnect()
}

/** How many connections a user of this name has to a Redis. */
async function connectionsOf(node: LabRedis | undefined, name: string): Promise<number> {
  const client = new Redis(node?.port ?? 0)
  const list = String(await client.client('LIST'))
  client.disconnect()
  return list.split('\n').filter((line) => line.includes(` user=${name} `)).length
}

test('the credentials of a cluster’s URL are used at every node', async () => {
  const cluster = await startRedisCluster({ nodes: 3, replicas: 0 })
  closers.push(cluster.close)
  for (const { port } of cluster.nodes) await addUser(port, 'tally', 'p@s:s')
  const url = cluster.url.replace('://', '://tally:p%40s%3As@')
  for (const connect of [connectFailingFast, connectPatiently]) {
    const redis = await connect(parseRedisUrl(url))
    closers.push(() => redis.disconnect())
    for (const key of ['a', 'b', 'c', 'd', 'e']) expect(await redis.incr(key)).toBeGreaterThan(0)
  }
  for (const node of cluster.nodes) expect(await connectionsOf(node, 'tally')).toBeGreaterThan(0)
})

test('the URL of one node of a cluster or of a sentinel is refused, and the error tells the right form', async () => {
  const cluster = await startRedisCluster({ nodes: 1, replicas: 0 })
  closers.push(cluster.close)
  const [node] = cluster.nodes
  const refusal = `Redis at 127.0.0.1:${node?.port} belongs to a cluster: its URL must begin with redis+cluster://`
  await expect(connectPatiently({ url: `redis://:hunter2@127.0.0.1:${node?.port}` })).rejects.toThrow(refusal)
  const sentinels = await startSentinel()
  closers.push(sentinels.close)
  const [, first = ''] = /:\/\/([^,]+)/.exec(sentinels.url) ?? []
  await expect(connectPatiently({ url: `redis://${first}` })).rejects.toThrow('begin with redis+sentinel://')
})

test('sentinels and their master each get their own credentials', async () => {
  const servers = await startSentinel()
  closers.push(servers.close)
  const [, hosts = '', master] = /:\/\/(.*)\/(.*)/.exec(servers.url) ?? []
  for (const host of hosts.split(',')) await addUser(Number(host.split(':')[1]), 'watch', 'p&w')
  for (const { port } of [servers.master, servers.replica]) await addUser(port, 'tally', 'p@s:s')
  const watching = 'sentinelUsername=watch&sentinelPassword=p%26w'
  const url = `redis+sentinel://tally:p%40s%3As@${hosts}/${master}/3?${watching}`
  const redis = await connectFailingFast(parseRedisUrl(url))
  closers.push(() => redis.disconnect())
  await redis.set('a', 1)
  expect(await redis.client('INFO')).toMatch(/ db=3 .* user=tally /)
  expect(await connectionsOf(servers.master, 'tally')).toBe(1)
})

test('commands to a frozen server fail: the first after a while, further ones at once; later the connection comes back', async () => {
  const server = await startRedis()
  closers.push(() => server.close())
  const redis = await connectFailingFast({ url: server.url })
  closers.push(() => redis.disconnect())
  await redis.set('a', 1)
  server.process.child.kill('SIGSTOP')
  await expect(redis.get('a')).rejects.toThrow()
  // This one fails before anything else can happen: it waits for no server.
  const refused = redis.get('a').catch(() => 'refused')
  const nextTurn = new Promise((resolve) => setImmediate(resolve, 'waits'))
  expect(await Promise.race([refused, nextTurn])).toBe('refused')
  server.process.child.kill('SIGCONT')
  await eventually(
    () => redis.get('a'),
    (value) => value === '1',
  )
})

test('a server is not taken for silent while our own event loop stands still', async () => {
  const server = await startRedis()
  closers.push(() => server.close())
  const redis = await connectFailingFast({ url: server.url })
  closers.push(() => redis.disconnect())
  let closed = 0
  redis.on('close', () => {
    closed += 1
  })
  const gate = new Int32Array(new SharedArrayBuffer(4))
  // Each time, a PING that was sent before cannot be answered.
  for (let n = 0; n < 4; n++) {
    Atomics.wait(gate, 0, 0, 2_600)
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(await redis.ping()).toBe('PONG')
  expect(closed).toBe(0)
})

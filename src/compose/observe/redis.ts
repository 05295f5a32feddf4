import { Cluster, type Redis } from 'ioredis'
import { queuePrefix } from '../../queue/queues.ts'
import type { OnRedis, Parts } from '../parts.ts'

/** Makes what sets the gauges of Redis. */
export function observeRedis({ metrics, prefix }: Parts, { redis }: Pick<OnRedis, 'redis'>) {
  return async (): Promise<void> => {
    try {
      // On a cluster this asks the node that has the queues.
      await redis.exists(queuePrefix(prefix))
      metrics.redisUp.set(1)
    } catch (error) {
      metrics.redisUp.set(0)
      throw error
    }
    const nodes = redis instanceof Cluster ? redis.nodes('master') : [redis]
    const readings = await Promise.all(
      nodes.map(async (node) => ({ node: nameOf(node, redis), ...(await memoryOf(node)) })),
    )
    // No scrape sees the gauges between here and the end: nothing waits.
    for (const gauge of [metrics.redisUsedBytes, metrics.redisLimitBytes]) gauge.reset()
    for (const { node, used, limit } of readings) {
      if (used !== undefined) metrics.redisUsedBytes.set({ node }, used)
      if (limit !== undefined && limit > 0) metrics.redisLimitBytes.set({ node }, limit)
    }
  }
}

/** A single server may have moved behind sentinels: it keeps its name. */
const nameOf = ({ options: { host, port } }: Redis, redis: Redis | Cluster): string =>
  redis instanceof Cluster ? `${host}:${port}` : 'redis'

/** Nothing if this user may not ask. */
async function memoryOf(node: Redis): Promise<{ used?: number; limit?: number }> {
  const info = await node.info('memory').catch((error: Error) => {
    if (/^(NOPERM|ERR )/.test(error.message)) return ''
    throw error
  })
  const field = (name: string) => new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1]
  const [used, limit] = [field('used_memory'), field('maxmemory')]
  return {
    ...(used !== undefined && { used: Number(used) }),
    ...(limit !== undefined && { limit: Number(limit) }),
  }
}

import { randomUUID } from 'node:crypto'
import type { Cluster, Redis } from 'ioredis'

/** Which data a Redis holds. A Redis that has lost its data gets another identity. */
export interface RedisIdentity {
  id: string
  /** When the data began, in epoch ms. */
  since: number
}

/**
 * Reads the identity of the data in a Redis from `key`, and gives it one if it has none. On a cluster the key is on one of
 * the masters: the loss of another master is not noticed. @throws the error of Redis
 */
export async function identityOf(redis: Redis | Cluster, key: string): Promise<RedisIdentity> {
  await redis.set(key, `${randomUUID()} ${Date.now()}`, 'NX')
  const [id = '', since] = ((await redis.get(key)) ?? '').split(' ')
  return { id, since: Number(since) }
}

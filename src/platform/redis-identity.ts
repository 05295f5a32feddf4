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
  const own = `${randomUUID()} ${Date.now()}`
  // One command: between two, the data may be lost.
  const [id = '', since] = ((await redis.set(key, own, 'NX', 'GET')) ?? own).split(' ')
  return { id, since: Number(since) }
}

import { randomUUID } from 'node:crypto'
import type { Cluster, Redis } from 'ioredis'
import { isRedisRefusal } from './redis-away.ts'

/** Which data a Redis holds. A Redis that has lost its data gets another identity. */
export interface RedisIdentity {
  id: string
  /** When the data began, in epoch ms. */
  since: number
}

/**
 * Reads the identity of the data in a Redis from `key`, and gives it one if it has none; `undefined` if Redis refuses that,
 * say, since it is full. On a cluster the key is on one of the masters: the loss of another master is not noticed. @throws
 * the error of Redis
 */
export async function identityOf(redis: Redis | Cluster, key: string): Promise<RedisIdentity | undefined> {
  const told = await readOrGive(redis, key)
  if (told === null) return undefined
  const [id = '', since] = told.split(' ')
  return { id, since: Number(since) }
}

async function readOrGive(redis: Redis | Cluster, key: string): Promise<string | null> {
  const own = `${randomUUID()} ${Date.now()}`
  try {
    // One command: between two, the data may be lost.
    return (await redis.set(key, own, 'NX', 'GET')) ?? own
  } catch (error) {
    if (error instanceof Error && isRedisRefusal(error)) return redis.get(key)
    throw error
  }
}

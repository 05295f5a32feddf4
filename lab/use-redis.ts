import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { type LabRedis, startRedis } from './redis.ts'

/** A real Redis for the tests of one file, empty before each test. It starts before the first test. */
export function useRedis(): { readonly redis: Redis; readonly server: LabRedis } {
  let up: { redis: Redis; server: LabRedis } | undefined
  const get = () => {
    if (up === undefined) throw new Error('Redis starts before the first test; use it in a test or a hook')
    return up
  }
  beforeAll(async () => {
    const server = await startRedis()
    up = { server, redis: new Redis(server.port, { maxRetriesPerRequest: null }) }
  })
  beforeEach(() => get().redis.flushall())
  afterAll(async () => {
    up?.redis.disconnect()
    await up?.server.close()
  })
  return {
    get redis() {
      return get().redis
    },
    get server() {
      return get().server
    },
  }
}

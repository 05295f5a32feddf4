import { Redis, type RedisOptions } from 'ioredis'

/** Where Redis is: a URL, or the socket of the one that this process started. */
export type RedisTarget = { url: string } | { socket: string }

/**
 * A connection that fails at once when Redis is away: for requests, whose sender retries.
 * Resolves once it is ready, so that the first command is not refused.
 */
export function connectFailingFast(target: RedisTarget): Promise<Redis> {
  return ready(open(target, { enableOfflineQueue: false, maxRetriesPerRequest: 1, commandTimeout: 5_000 }))
}

/** A connection that waits for Redis to come back: for workers, whose jobs BullMQ hands out again. */
export function connectPatiently(target: RedisTarget): Promise<Redis> {
  return ready(open(target, { maxRetriesPerRequest: null }))
}

function open(target: RedisTarget, options: RedisOptions): Redis {
  // A second at most between attempts, so that an outage's end is noticed soon.
  const common = {
    retryStrategy: (attempt: number) => Math.min(attempt * 100, 1_000),
    ...options,
    replyMapping: 'legacy' as const,
  }
  return new Redis('url' in target ? target.url : target.socket, common)
}

/** @throws after 10 s, naming the address but no credentials */
async function ready(redis: Redis): Promise<Redis> {
  let last: Error | undefined
  redis.on('error', (error) => {
    last = error
  })
  if (redis.status === 'ready') return redis
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      redis.disconnect()
      const { host, port, path } = redis.options
      const where = path ?? `${host}:${port}`
      reject(new Error(`Redis at ${where} cannot be reached: ${last?.message ?? 'no answer in 10 s'}`))
    }, 10_000)
    redis.once('ready', () => {
      clearTimeout(timer)
      resolve()
    })
  })
  return redis
}

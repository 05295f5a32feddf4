import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'

/** The redis-server that listens on a unix socket. */
export interface RedisOnSocket {
  /** Its pid, as it sees it itself: in another container, another process has this pid here. */
  pid: number
  /** Tells it to write what it has and to end. Resolves when it is gone. */
  shutDown(): Promise<void>
  disconnect(): void
}

/** Connects to the redis-server on a socket, also while it loads its data. Gives undefined if none listens. */
export async function redisOnSocket(path: string): Promise<RedisOnSocket | undefined> {
  const redis = new Redis({ path, lazyConnect: true, enableReadyCheck: false, retryStrategy: null })
  let failure: NodeJS.ErrnoException | undefined
  redis.on('error', (error) => {
    failure = error
  })
  // It has ended only when the kernel closes its connections: it closes none itself at a SHUTDOWN.
  const gone = new Promise((resolve) => redis.once('end', resolve))
  try {
    await redis.connect()
    const [, pid = '0'] = /process_id:(\d+)/.exec(await redis.info('server')) ?? []
    return {
      pid: Number(pid),
      async shutDown() {
        // It may refuse, say while a script runs. Otherwise its answer is the end of the connection.
        while (redis.status === 'ready') {
          await redis.shutdown().catch(() => {})
          await Promise.race([gone, sleep(100)])
        }
        await gone
      },
      disconnect: () => redis.disconnect(),
    }
  } catch (error) {
    redis.disconnect()
    const code = failure?.code
    if (code === undefined || ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(code))
      return undefined
    throw error
  }
}

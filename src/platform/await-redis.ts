import { setTimeout as sleep } from 'node:timers/promises'
import { type Cluster, Redis } from 'ioredis'
import { placeOf, type RedisTarget } from './redis-url.ts'

/**
 * How long a start waits for a Redis, in ms. One server that refuses connections, or whose host is unknown, is most likely
 * a wrong URL. Of a cluster or of sentinels some nodes may refuse while others take over.
 */
const WAIT_MS = { silent: 10_000, refused: 3_000 }

/** How often to look whether a connection is ready, in ms. */
const LOOK_MS = 50

/** Errors that do not go away by themselves: the credentials or the permissions are wrong. */
const FOR_GOOD = /^(WRONGPASS|NOAUTH|NOPERM|ERR (invalid password|AUTH ))/

/**
 * Waits until a connection is ready: for as long as the server says that it loads its data, otherwise for 10 s, or for 3 s
 * if it refuses connections. `tell` hears once what the start waits for.
 * @throws an error that names the place, without credentials, and the reason
 */
export async function awaitRedis(
  redis: Redis | Cluster,
  target: RedisTarget,
  tell: (message: string) => void,
): Promise<void> {
  const where = placeOf(target)
  const waits = 'url' in target ? WAIT_MS.refused : WAIT_MS.silent
  let last: Error | undefined
  let refusedAt: number | undefined
  const noteError = (error: Error) => {
    // This error only sums up the others.
    if (last && error.message.startsWith('Failed to refresh slots cache')) return
    last = error
    if (refusedAt === undefined) tell(`Redis at ${where} cannot be reached yet: ${reasonOf(error)}`)
    refusedAt ??= performance.now()
  }
  // Somebody listens: from here on it may be silent or load its data.
  const noteConnection = () => {
    refusedAt = undefined
  }
  redis.on('error', noteError)
  redis.on('node error', noteError)
  redis.on('connect', noteConnection)

  let since = performance.now()
  let isTold = false
  let isAsking = false
  /** While it loads, it answers INFO, at times only after seconds. */
  const askWhetherItLoads = async () => {
    if (isAsking || !(redis instanceof Redis) || redis.status !== 'connect') return
    isAsking = true
    const info = await redis.info('persistence').catch(() => '')
    isAsking = false
    if (!/^loading:1/m.test(info)) return
    since = performance.now()
    if (!isTold) tell(`Redis at ${where} loads its data: waiting`)
    isTold = true
  }

  while (redis.status !== 'ready') {
    void askWhetherItLoads()
    const isRefused = refusedAt !== undefined && performance.now() - refusedAt > waits
    if (isRefused || performance.now() - since > WAIT_MS.silent || FOR_GOOD.test(last?.message ?? '')) {
      redis.disconnect()
      throw new Error(`Redis at ${where} cannot be reached: ${last ? reasonOf(last) : 'no answer in 10 s'}`)
    }
    await sleep(LOOK_MS)
  }
  redis.off('error', noteError)
  redis.off('node error', noteError)
  redis.off('connect', noteConnection)
}

/** Node's error for several addresses has no message of its own. */
function reasonOf(error: Error): string {
  const first = error instanceof AggregateError ? error.errors[0] : error
  const { code, hostname, message }: { code?: string; hostname?: string; message: string } = first
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `the host ${hostname ?? ''} is unknown (${code})`
  if (code === 'ECONNREFUSED') return `nothing listens there (${message})`
  return message || String(code)
}

import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis'
import { type ClusterTarget, placeOf, type RedisTarget } from './redis-url.ts'

/** How a connection behaves while Redis is away. */
interface Patience {
  options: RedisOptions
  /** Until a master that sentinels know and that says nothing is left, in ms: longer than any command takes. */
  silence: number
  cluster: ClusterOptions
}

/**
 * For requests, whose sender tries again. A node that refuses connections is given up after half a second, one that
 * says nothing after 5 s.
 */
const FAILING_FAST: Patience = {
  options: {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    connectTimeout: 2_000,
    commandTimeout: 5_000,
  },
  silence: 5_000,
  cluster: { enableOfflineQueue: false, maxRedirections: 5 },
}

/** For workers: a command waits until Redis is back, for BullMQ takes some refusals for the end of a job. */
const PATIENT: Patience = {
  options: { maxRetriesPerRequest: null },
  // BullMQ blocks for 10 s at most.
  silence: 12_000,
  // Between nodes that disagree a command would otherwise go to and fro without a pause.
  cluster: { maxRedirections: Number.POSITIVE_INFINITY, retryDelayOnMoved: 100 },
}

/** Until who serves what is asked anew, in ms: a master that hangs, or is cut off, says not that another took over. */
const LOOK_AGAIN_MS = 5_000

/**
 * A connection that fails at once when Redis is away.
 * Resolves once it is ready, so that the first command is not refused.
 */
export function connectFailingFast(target: RedisTarget): Promise<Redis | Cluster> {
  return ready(open(target, FAILING_FAST), target)
}

/** A connection that waits for Redis to come back. */
export function connectPatiently(target: RedisTarget): Promise<Redis | Cluster> {
  return ready(open(target, PATIENT), target)
}

/** A second at most between attempts, so that an outage's end is noticed soon. */
const retryDelay = (attempt: number): number => Math.min(attempt * 100, 1_000)

function open(target: RedisTarget, { options, silence, cluster }: Patience): Redis | Cluster {
  if ('nodes' in target) return openCluster(target, options, cluster)
  const single = {
    ...{ ...options, retryStrategy: retryDelay, replyMapping: 'legacy' as const },
    // What was the master before a failover has become a replica: whoever connects anew is sent to the new one.
    reconnectOnError: ({ message }: Error) => message.startsWith('READONLY'),
  }
  if ('socket' in target) return new Redis(target.socket, single)
  if ('url' in target) return new Redis(target.url, single)
  const { sentinels, master, database, login, sentinelLogin, isTls } = target
  return new Redis({
    ...{ ...single, sentinels, name: master, db: database, ...login },
    ...(sentinelLogin.username !== undefined && { sentinelUsername: sentinelLogin.username }),
    ...(sentinelLogin.password !== undefined && { sentinelPassword: sentinelLogin.password }),
    ...(isTls && { tls: {}, enableTLSForSentinelMode: true, sentinelTLS: {} }),
    ...{ sentinelRetryStrategy: retryDelay, sentinelCommandTimeout: 2_000 },
    // A master that hangs ends no connection. (That the sentinels tell of a failover, as ioredis' `failoverDetector` has them,
    // ends those for good that are just being opened: of ioredis 6.0, in 3 of some 12 failovers.)
    socketTimeout: silence,
  })
}

function openCluster(
  { nodes, login, isTls }: ClusterTarget,
  options: RedisOptions,
  cluster: ClusterOptions,
): Cluster {
  return new Cluster(nodes, {
    ...cluster,
    redisOptions: { ...options, ...login, ...(isTls && { tls: {} }), replyMapping: 'legacy' },
    clusterRetryStrategy: retryDelay,
    // Where it fails, ioredis settles no `connect()`, and a worker whose blocking connection BullMQ opens again while the
    // cluster is down would wait for ever. Without it such a cluster refuses commands, which is dealt with.
    enableReadyCheck: false,
    slotsRefreshInterval: LOOK_AGAIN_MS,
    // Names stay names, for certificates are made out to them.
    dnsLookup: (address, callback) => callback(null, address),
  })
}

/** @throws after 10 s, or for what is no single server where one is expected; names the place but no credentials */
async function ready(redis: Redis | Cluster, target: RedisTarget): Promise<Redis | Cluster> {
  const where = placeOf(target)
  let last: Error | undefined
  const noteError = (error: Error) => {
    // That of all nodes only counts them out.
    if (!(last && error.message.startsWith('Failed to refresh slots cache'))) last = error
  }
  redis.on('error', noteError)
  redis.on('node error', noteError)
  if (redis.status !== 'ready')
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        redis.disconnect()
        reject(new Error(`Redis at ${where} cannot be reached: ${last?.message ?? 'no answer in 10 s'}`))
      }, 10_000)
      redis.once('ready', () => {
        clearTimeout(timer)
        resolve()
      })
    })
  if ('url' in target) {
    // Not every user may ask.
    const [, mode] = /redis_mode:(\w+)/.exec(await redis.info('server').catch(() => '')) ?? []
    if (mode === 'cluster' || mode === 'sentinel') {
      redis.disconnect()
      throw new Error(`Redis at ${where} is a ${mode}'s: its URL has to begin with redis+${mode}://`)
    }
  }
  return redis
}

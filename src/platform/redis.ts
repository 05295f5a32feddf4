import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis'
import { type ClusterTarget, placeOf, type RedisTarget } from './redis-url.ts'

/** How a connection behaves while Redis is away. */
interface Patience {
  options: RedisOptions
  /** Of a single server, or the master that sentinels know. */
  single: RedisOptions
  /** Of each node of a cluster. */
  node: RedisOptions
  cluster: ClusterOptions
}

/** Until what fails fast takes a server that says nothing for gone, in ms: longer than any command takes. */
const SILENCE_MS = 5_000

/**
 * For requests, whose sender tries again. A node that refuses connections is given up at once, one that says nothing
 * after 5 s at most: of a cluster by each command, any other by `endWhenSilent`.
 */
const FAILING_FAST: Patience = {
  options: { enableOfflineQueue: false, maxRetriesPerRequest: 0, connectTimeout: 2_000 },
  // Who says nothing does not close a connection, either.
  single: { disconnectTimeout: 100 },
  node: { commandTimeout: SILENCE_MS },
  cluster: { enableOfflineQueue: false, maxRedirections: 5 },
}

/** For workers: a command waits until Redis is back, for BullMQ takes some refusals for the end of a job. */
const PATIENT: Patience = {
  options: { maxRetriesPerRequest: null },
  // A server that hangs ends no connection, nor does one that was cut off. BullMQ blocks for 10 s at most.
  single: { socketTimeout: 12_000 },
  node: {},
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
  const redis = open(target, FAILING_FAST)
  if (redis instanceof Redis) endWhenSilent(redis)
  return ready(redis, target)
}

/** A connection that waits for Redis to come back. */
export function connectPatiently(target: RedisTarget): Promise<Redis | Cluster> {
  return ready(open(target, PATIENT), target)
}

/** A second at most between attempts, so that an outage's end is noticed soon. */
const retryDelay = (attempt: number): number => Math.min(attempt * 100, 1_000)

function open(target: RedisTarget, patience: Patience): Redis | Cluster {
  if ('nodes' in target) return openCluster(target, patience)
  const single = {
    ...{ ...patience.options, ...patience.single, retryStrategy: retryDelay },
    replyMapping: 'legacy' as const,
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
    // Not with ioredis' `failoverDetector`: when the sentinels tell of a failover it ends those connections for good that are
    // just being opened (ioredis 6.0, in 3 of some 12 failovers).
    ...{ sentinelRetryStrategy: retryDelay, sentinelCommandTimeout: 2_000 },
  })
}

/**
 * Ends a connection on which a PING has not been answered by the time of the next, so that its commands fail. (ioredis'
 * `commandTimeout` and `socketTimeout` make a timer for each command: 20 µs of the 550 that a lone delivery takes.)
 */
function endWhenSilent(redis: Redis): void {
  let isSilent = false
  // A refusal is an answer, too; without a connection there is none.
  const hear = () => {
    if (redis.status === 'ready') isSilent = false
  }
  const timer = setInterval(() => {
    if (isSilent) redis.disconnect(true)
    isSilent = true
    redis.ping().then(hear, hear)
  }, SILENCE_MS / 2)
  timer.unref()
  redis.on('ready', hear)
  redis.once('end', () => clearInterval(timer))
}

function openCluster({ nodes, login, isTls }: ClusterTarget, { options, node, cluster }: Patience): Cluster {
  return new Cluster(nodes, {
    ...cluster,
    redisOptions: { ...options, ...node, ...login, ...(isTls && { tls: {} }), replyMapping: 'legacy' },
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

import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis'
import { awaitRedis } from './await-redis.ts'
import { type ClusterTarget, placeOf, type RedisTarget } from './redis-url.ts'

/** What a connection does while Redis is away. */
interface Patience {
  options: RedisOptions
  /** For a single server, or the master behind sentinels. */
  single: RedisOptions
  /** For each node of a cluster. */
  node: RedisOptions
  cluster: ClusterOptions
}

/** How long a server may be silent before a connection that fails fast gives it up, in ms: longer than any command. */
const SILENCE_MS = 5_000

/**
 * For HTTP requests, whose sender tries again. A node that refuses connections is given up at once, a silent one after
 * 5 s at most: by each command on a cluster, by `endWhenSilent` otherwise.
 */
const FAILING_FAST: Patience = {
  options: { enableOfflineQueue: false, maxRetriesPerRequest: 0, connectTimeout: 2_000 },
  // A silent server does not close its end of the connection either.
  single: { disconnectTimeout: 100 },
  node: { commandTimeout: SILENCE_MS },
  cluster: { enableOfflineQueue: false, maxRedirections: 5 },
}

/** For workers. A command waits until Redis is back, since BullMQ takes some errors for the end of a job. */
const PATIENT: Patience = {
  options: { maxRetriesPerRequest: null },
  // A server that hangs or was cut off does not close the connection. BullMQ blocks for 10 s at most.
  single: { socketTimeout: 12_000 },
  node: {},
  // While two nodes disagree, a command would otherwise go back and forth without a pause.
  cluster: { maxRedirections: Number.POSITIVE_INFINITY, retryDelayOnMoved: 100 },
}

/** How often to ask the cluster which node serves which slots, in ms. A master that hangs does not say that another took over. */
const LOOK_AGAIN_MS = 5_000

/** Makes a connection and waits until it is ready. `tell` hears what it waits for. */
export type Connect = (target: RedisTarget, tell?: (message: string) => void) => Promise<Redis | Cluster>

/**
 * A connection that fails at once when Redis is away.
 * Resolves once it is ready, so that the first command is not refused.
 */
export const connectFailingFast: Connect = async (target, tell) => {
  const redis = await ready(open(target, FAILING_FAST), target, tell)
  // Only now: a server that loads its data may be silent for longer.
  if (redis instanceof Redis) endWhenSilent(redis)
  return redis
}

/** A connection that waits for Redis to come back. */
export const connectPatiently: Connect = (target, tell) => ready(open(target, PATIENT), target, tell)

/** At most a second between attempts, so that the end of an outage is noticed soon. */
const retryDelay = (attempt: number): number => Math.min(attempt * 100, 1_000)

function open(target: RedisTarget, patience: Patience): Redis | Cluster {
  if ('nodes' in target) return openCluster(target, patience)
  const single = {
    ...{ ...patience.options, ...patience.single, retryStrategy: retryDelay },
    replyMapping: 'legacy' as const,
    // After a failover the old master is a replica. A new connection goes to the new master.
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
    // Without ioredis' `failoverDetector`: at a failover it ends connections for good that are just being opened
    // (ioredis 6.0, in 3 of some 12 failovers).
    ...{ sentinelRetryStrategy: retryDelay, sentinelCommandTimeout: 2_000 },
  })
}

/** How often the silence of a server is measured, in ms. */
const TICK_MS = 250

/**
 * Ends a connection if a PING has not been answered by the time of the next one. All of its commands then fail at once;
 * with ioredis' `commandTimeout` each later command would wait for a time-out of its own.
 *
 * The time is counted in ticks, since an answer cannot be read while the event loop stands still: this time counts as one
 * tick, however long it is.
 */
function endWhenSilent(redis: Redis): void {
  let isSilent = false
  let ticks = 0
  // An error is an answer too, unless the connection is down.
  const noteAnswer = () => {
    if (redis.status === 'ready') isSilent = false
  }
  const timer = setInterval(() => {
    ticks += 1
    if (ticks * TICK_MS < SILENCE_MS / 2) return
    ticks = 0
    if (isSilent) redis.disconnect(true)
    isSilent = true
    redis.ping().then(noteAnswer, noteAnswer)
  }, TICK_MS)
  timer.unref()
  redis.on('ready', noteAnswer)
  redis.once('end', () => clearInterval(timer))
}

function openCluster({ nodes, login, isTls }: ClusterTarget, { options, node, cluster }: Patience): Cluster {
  return new Cluster(nodes, {
    ...cluster,
    redisOptions: { ...options, ...node, ...login, ...(isTls && { tls: {} }), replyMapping: 'legacy' },
    clusterRetryStrategy: retryDelay,
    // If the check fails, ioredis never settles `connect()`. A worker whose blocking connection BullMQ reopens while the
    // cluster is down would wait for ever. Without the check such a cluster refuses commands, and those are retried.
    enableReadyCheck: false,
    slotsRefreshInterval: LOOK_AGAIN_MS,
    // Keep host names: certificates are issued for them.
    dnsLookup: (address, callback) => callback(null, address),
  })
}

/** Waits until the connection is ready. @throws as `awaitRedis`, and if a plain URL leads to a cluster or a sentinel */
async function ready(
  redis: Redis | Cluster,
  target: RedisTarget,
  tell: (message: string) => void = () => {},
): Promise<Redis | Cluster> {
  await awaitRedis(redis, target, tell)
  // A connection without a listener throws its errors.
  redis.on('error', () => {})
  if ('url' in target) {
    // Redis may forbid INFO to this user.
    const [, mode] = /redis_mode:(\w+)/.exec(await redis.info('server').catch(() => '')) ?? []
    if (mode === 'cluster' || mode === 'sentinel') {
      redis.disconnect()
      throw new Error(
        `Redis at ${placeOf(target)} belongs to a ${mode}: its URL must begin with redis+${mode}://`,
      )
    }
  }
  return redis
}

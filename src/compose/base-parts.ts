import { join } from 'node:path'
import type { Cluster, Redis } from 'ioredis'
import { makeChannelMemory } from '../alerts/channel-memory.ts'
import type { Config } from '../config/schema.ts'
import { makeAudit } from '../expiry/audit.ts'
import { makeExpiryRuns } from '../expiry/runs.ts'
import { makeDispatcher } from '../platform/dispatcher.ts'
import type { Logger } from '../platform/log.ts'
import { makeMetrics } from '../platform/metrics.ts'
import { startOwnRedis } from '../platform/own-redis.ts'
import type { Connect } from '../platform/redis.ts'
import { makeRedisOutage } from '../platform/redis-outage.ts'
import { parseRedisUrl, placeOf, type RedisTarget } from '../platform/redis-url.ts'
import type { Tracing } from '../platform/tracing.ts'
import { signReceipt } from '../promotion/envelope.ts'
import type { TaggedImage } from '../promotion/match.ts'
import { makeReceipts } from '../promotion/receipts.ts'
import { AlertRecord } from '../queue/alert.ts'
import { makeFlags } from '../quota/flags.ts'
import { makeJournal } from '../store/journal.ts'
import { makeStore } from '../store/make-store.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { keepFor } from '../store/retention.ts'
import { makeProjectOf } from '../usage/project.ts'
import { makeReceivers } from './outgoing.ts'
import { reachedRegistries, registryClient } from './registry-client.ts'
import { makeReloading } from './settings.ts'

export type OnClose = (closer: () => Promise<unknown>) => void
export type BaseParts = Awaited<ReturnType<typeof makeBaseParts>>

/** Makes the parts that do not use Redis, and what connects to it. */
export async function makeBaseParts(config: Config, log: Logger, onClose: OnClose, tracing?: Tracing) {
  const target = await redisTarget(config, log, onClose)
  const { prefix } = config.redis
  const store = makeStore(config.store)
  await store.check()
  const metrics = makeMetrics()

  const registries = reachedRegistries(config)
  const audited = new Set(registries.filter(({ metrics }) => metrics).map(({ name }) => name))
  const projectRules = new Map(registries.map(({ name, project }) => [name, makeProjectOf(project)]))
  const projectOf = (registry: string, repository: string) =>
    projectRules.get(registry)?.(repository) ?? repository
  const dispatcher = makeDispatcher({ proxy: config.proxy })
  onClose(() => dispatcher.close())
  /** The first connection that is made. Channels are made before, and use it when they send. */
  let firstRedis: Redis | Cluster | undefined
  const redisOfChannels = () => {
    if (firstRedis === undefined) throw new Error('there is no connection to Redis yet')
    return firstRedis
  }
  const reloading = makeReloading(config, {
    projectOf: ({ registry, repository }) => projectOf(registry, repository),
    dispatcher,
    memoryOf: (channel) => makeChannelMemory({ redis: redisOfChannels, prefix, channel }),
  })
  onClose(async () => reloading.closeChannels())
  const { settings } = reloading
  const journals = makeJournals(config, store, log, (receipt) => {
    const { receiptKey } = settings().config.promotion
    return receiptKey === undefined ? undefined : signReceipt(receipt, receiptKey)
  })
  const flagOf = async (project: string) =>
    (await makeFlags({ redis: redisOfChannels(), prefix }).ofProject(project)).flag
  const receivers = makeReceivers(config, { dispatcher, flagOf })
  onClose(() => Promise.all(receivers.map((receiver) => receiver.close?.())))
  const clients = new Map(
    registries.map((registry) => {
      const client = registryClient(registry)
      onClose(client.close)
      return [registry.name, client]
    }),
  )
  const clientOf = (name: string) => {
    const client = clients.get(name)
    if (client === undefined) throw new Error(`registry "${name}" is not configured`)
    return client
  }

  /** A cache would fetch each manifest that it is asked for. */
  const caches = new Set(registries.filter(({ type }) => type === 'cache').map(({ name }) => name))
  const readableClientOf = (name: string) => (caches.has(name) ? undefined : clients.get(name))

  const outage = makeRedisOutage({ log, where: placeOf(target) })
  const connect = async (make: Connect) => {
    const redis = await make(target, (message) => log.warn(message))
    firstRedis ??= redis
    outage.watch(redis)
    onClose(async () => redis.disconnect())
    return redis
  }

  return {
    ...{ config, log, onClose, prefix, store, metrics, journals, registries, audited, projectOf, clientOf },
    ...{ readableClientOf, receivers, connect, outage, dispatcher, tracing, ...reloading },
    /** Where Redis is, without credentials. */
    redisPlace: placeOf(target),
    match: (image: TaggedImage) => settings().match(image),
  }
}

/** The records that are kept in the store, for as long as the configuration says. */
function makeJournals(
  config: Config,
  store: ObjectStore,
  log: Logger,
  sign: Parameters<typeof makeReceipts>[0]['sign'],
) {
  const onUnreadable = (key: string, error: Error) => log.warn({ key, err: error }, 'unreadable record')
  const retention = {
    keepMs: config.records.keep,
    now: Date.now,
    onError: (error: Error) => log.warn({ err: error }, 'old records could not be deleted'),
  }
  return {
    receipts: makeReceipts({ store, sign, onUnreadable, ...retention }),
    alerts: keepFor(makeJournal({ store, kind: 'alerts', schema: AlertRecord, onUnreadable }), retention),
    runs: makeExpiryRuns({ store, onUnreadable, ...retention }),
    audit: makeAudit({ store, onUnreadable, ...retention }),
  }
}

/** Gives the configured Redis, or starts one in the data folder. */
async function redisTarget(config: Config, log: Logger, onClose: OnClose): Promise<RedisTarget> {
  const { url, appendfsync } = config.redis
  if (url !== undefined) return parseRedisUrl(url)
  const redis = await startOwnRedis({
    ...{ folder: join(config.dataDir, 'redis'), appendfsync },
    warn: (message) => log.warn(message),
  })
  onClose(redis.stop)
  return { socket: redis.socket }
}

import { join } from 'node:path'
import type { Config } from '../config/schema.ts'
import { makeInstances } from '../events/instances.ts'
import { makeQuarantine } from '../events/quarantine.ts'
import { RunSummary } from '../expiry/decision.ts'
import { makeExpiry } from '../expiry/expire.ts'
import { makeExpiryRuns } from '../expiry/runs.ts'
import type { Logger } from '../platform/log.ts'
import { makeMetrics } from '../platform/metrics.ts'
import { startOwnRedis } from '../platform/own-redis.ts'
import type { Connect } from '../platform/redis.ts'
import { parseRedisUrl, placeOf, type RedisTarget } from '../platform/redis-url.ts'
import { makeMatch } from '../promotion/match.ts'
import { PromotionReceipt } from '../promotion/receipt.ts'
import { AlertRecord } from '../queue/alert.ts'
import { makeBacklog } from '../queue/backlog.ts'
import { closeQueues, makeQueues } from '../queue/queues.ts'
import { makeFlags } from '../quota/flags.ts'
import { makeQuotaOf } from '../quota/quotas.ts'
import { makeLedger } from '../reconcile/ledger.ts'
import { makeJournal } from '../store/journal.ts'
import { makeStore } from '../store/make-store.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { keepFor } from '../store/retention.ts'
import { makeProjectOf } from '../usage/project.ts'
import { makeUsageIndex } from '../usage/usage-index.ts'
import { registryClient } from './registry-client.ts'
import { type RedisWatch, watchRedis } from './watch-redis.ts'

/** How often the settings of Redis are looked at, in ms. */
const LOOK_MS = 60_000

export type OnClose = (closer: () => Promise<unknown>) => void
export type Parts = Awaited<ReturnType<typeof makeParts>>

/** Makes the parts that every process needs, whatever its duties. */
export async function makeParts(config: Config, log: Logger, onClose: OnClose) {
  const target = await redisTarget(config, log, onClose)
  const { prefix } = config.redis
  const store = makeStore(config.store)
  await store.check()
  const metrics = makeMetrics()
  const journals = makeJournals(config, store, log)

  const registries = Object.entries(config.registries).map(([name, registry]) => ({ name, ...registry }))
  const projectRules = new Map(registries.map(({ name, project }) => [name, makeProjectOf(project)]))
  const projectOf = (registry: string, repository: string) =>
    projectRules.get(registry)?.(repository) ?? repository
  const match = makeMatch(config.promotion.rules, ({ registry, repository }) =>
    projectOf(registry, repository),
  )
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

  const connect = async (make: Connect) => {
    const redis = await make(target, (message) => log.warn(message))
    redis.on('error', (error) => log.warn({ err: error }, 'redis'))
    redis.on('node error', (error, node) => log.warn({ err: error, node }, 'redis node'))
    onClose(async () => redis.disconnect())
    return redis
  }

  let watch: RedisWatch | undefined
  /** Makes the parts that use Redis, on a connection of one kind: for HTTP it fails fast, for workers it waits. */
  const onRedis = async (make: Connect) => {
    const redis = await connect(make)
    watch ??= await watchRedis({ redis, where: placeOf(target), everyMs: LOOK_MS, log, onClose })
    const queues = makeQueues(redis, prefix)
    onClose(() => closeQueues(queues))
    const index = makeUsageIndex({ redis, prefix })
    const { policies, dryRun } = config.expiry
    const { runs } = journals
    const now = () => Date.now() * 1000
    return {
      ...{ redis, queues, index, watch },
      backlog: makeBacklog({ redis, queues }),
      flags: makeFlags({ redis, prefix }),
      quarantine: makeQuarantine({ redis, prefix }),
      instances: makeInstances({ redis, prefix }),
      ledger: makeLedger({ redis, prefix }),
      expiry: makeExpiry({ policies, dryRun, index, clientOf, store, runs, metrics, log, now }),
    }
  }

  return {
    ...{ config, log, onClose, prefix, store, metrics, journals, registries, projectOf, match, clientOf },
    ...{ quotaOf: makeQuotaOf(config.quotas), connect, onRedis },
  }
}

/** The records that are kept in the store, for as long as the configuration says. */
function makeJournals(config: Config, store: ObjectStore, log: Logger) {
  const onUnreadable = (key: string, error: Error) => log.warn({ key, err: error }, 'unreadable record')
  const runs = makeJournal({ store, kind: 'expiry-runs', schema: RunSummary, onUnreadable })
  const retention = {
    keepMs: config.records.keep,
    now: Date.now,
    onError: (error: Error) => log.warn({ err: error }, 'old records could not be deleted'),
  }
  return {
    receipts: keepFor(
      makeJournal({ store, kind: 'promotions', schema: PromotionReceipt, onUnreadable }),
      retention,
    ),
    alerts: keepFor(makeJournal({ store, kind: 'alerts', schema: AlertRecord, onUnreadable }), retention),
    runs: keepFor(makeExpiryRuns({ store, journal: runs }), retention),
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

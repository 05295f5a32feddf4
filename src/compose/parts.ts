import { join } from 'node:path'
import type { Cluster, Redis } from 'ioredis'
import { makeChannelMemory } from '../alerts/channel-memory.ts'
import { makeDeliveries } from '../alerts/deliveries.ts'
import { makeLines } from '../alerts/lines.ts'
import { makeSnoozes } from '../alerts/snoozes.ts'
import type { Config } from '../config/schema.ts'
import { makeAudits } from '../delivery-audit/audits.ts'
import { makeInstances } from '../events/instances.ts'
import { makePulls } from '../events/pulls.ts'
import { makeQuarantine } from '../events/quarantine.ts'
import { makeReferencesTold } from '../events/references-told.ts'
import { makeTaken } from '../events/taken.ts'
import { makeAnnouncements } from '../expiry/announcements.ts'
import { makeAudit } from '../expiry/audit.ts'
import { makeDetails } from '../expiry/details/make-details.ts'
import { makeExpiry } from '../expiry/expire.ts'
import { makeKeeps } from '../expiry/keeps.ts'
import { makeLastRuns, noteLastRuns } from '../expiry/last-runs.ts'
import { makeFindNotUnderstood } from '../expiry/not-understood.ts'
import { makePlanAll } from '../expiry/plan-all.ts'
import { makePlanner } from '../expiry/planner.ts'
import { makeFindProtected } from '../expiry/protected.ts'
import { makeFailuresOf, makeFindProtections } from '../expiry/protection.ts'
import { makeExpiryRuns } from '../expiry/runs.ts'
import { makeShownPlans } from '../expiry/shown-plans.ts'
import { makeWouldFree } from '../expiry/would-free.ts'
import { makeHistories } from '../history/histories.ts'
import { makeReadGrowth } from '../history/read-growth.ts'
import { makeBrokenRecords } from '../integrity/broken-records.ts'
import { makeScrubFirst } from '../integrity/schedule-scrubs.ts'
import { makeScrubState } from '../integrity/scrub-state.ts'
import { makeEventDeliveries } from '../outgoing/deliveries.ts'
import { makeTell } from '../outgoing/tell.ts'
import { makeTelling } from '../outgoing/telling.ts'
import { makeDispatcher } from '../platform/dispatcher.ts'
import type { Logger } from '../platform/log.ts'
import { makeMetrics } from '../platform/metrics.ts'
import { startOwnRedis } from '../platform/own-redis.ts'
import type { Connect } from '../platform/redis.ts'
import { makeRedisOutage } from '../platform/redis-outage.ts'
import { parseRedisUrl, placeOf, type RedisTarget } from '../platform/redis-url.ts'
import type { Tracing } from '../platform/tracing.ts'
import { makeAskFollow } from '../promotion/ask-follow.ts'
import { makeAwaitedPromotions } from '../promotion/awaited-promotions.ts'
import { signReceipt } from '../promotion/envelope.ts'
import { makeFollowed } from '../promotion/follow.ts'
import { makeApprovals } from '../promotion/gates/approvals.ts'
import type { TaggedImage } from '../promotion/match.ts'
import { makeReceipts } from '../promotion/receipts.ts'
import { makeTargets } from '../promotion/targets.ts'
import { makeTagTurns } from '../promotion/turn.ts'
import { AlertRecord, type ExpiryAlert, type PromotionAlert, type RegistryAlert } from '../queue/alert.ts'
import { makeBacklog } from '../queue/backlog.ts'
import { closeQueues, makeQueues } from '../queue/queues.ts'
import { projectSubject } from '../queue/quota-subject.ts'
import { makeFlags } from '../quota/flags.ts'
import { makeQuotasInForce } from '../quota/in-force.ts'
import { makeOverrides } from '../quota/overrides.ts'
import { makeLedger } from '../reconcile/ledger.ts'
import { makeMonths } from '../report/months.ts'
import { isRestoring } from '../snapshot/is-restoring.ts'
import { makeJournal } from '../store/journal.ts'
import { makeStore } from '../store/make-store.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { keepFor } from '../store/retention.ts'
import { makeStoreIdentity } from '../store/store-identity.ts'
import { makeProjectOf } from '../usage/project.ts'
import { makeUsageIndex } from '../usage/usage-index.ts'
import { collectionRunsOf } from './collection-runs.ts'
import { makeDoubtOf } from './doubts.ts'
import { makeInUseOf } from './in-use.ts'
import { makeReceivers } from './outgoing.ts'
import { fingerprintOf, makePeers } from './peers.ts'
import { reachedRegistries, registryClient } from './registry-client.ts'
import { makeReloading } from './settings.ts'
import { makeUseOf } from './use-of.ts'
import { watchRedis } from './watch-redis.ts'
import { watchStore } from './watch-store.ts'

/** How often the settings of Redis are looked at, in ms. */
const LOOK_MS = 60_000

export type OnClose = (closer: () => Promise<unknown>) => void
export type Parts = Awaited<ReturnType<typeof makeParts>>
export type OnRedis = Awaited<ReturnType<Parts['onRedis']>>

/** Makes the parts that every process needs, whatever its duties. */
export async function makeParts(config: Config, log: Logger, onClose: OnClose, tracing?: Tracing) {
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
    outage.watch(redis)
    onClose(async () => redis.disconnect())
    return redis
  }

  const watchThis = async (redis: Redis | Cluster) => {
    const peers = makePeers({
      redis,
      prefix,
      fingerprint: () => fingerprintOf(settings().config),
      now: Date.now,
    })
    onClose(peers.leave)
    const key = `${prefix}:identity`
    const where = placeOf(target)
    const identity = makeStoreIdentity({ store, redis, prefix })
    const storeWatch = await watchStore({ identity, everyMs: LOOK_MS, log, onClose })
    const otherWarnings = async () => [
      ...(await peers.look().catch(() => [])),
      ...[await storeWatch.doubt()].filter((doubt) => doubt !== undefined),
    ]
    const watch = await watchRedis({ redis, where, key, otherWarnings, everyMs: LOOK_MS, log, onClose })
    return { watch, peers, storeWatch }
  }
  let watched: Awaited<ReturnType<typeof watchThis>> | undefined
  /** Makes the parts that use Redis, on a connection of one kind: for HTTP it fails fast, for workers it waits. */
  const onRedis = async (make: Connect) => {
    const redis = await connect(make)
    firstRedis ??= redis
    watched ??= await watchThis(redis)
    const { watch, peers, storeWatch } = watched
    const queues = makeQueues(redis, prefix, tracing?.telemetry)
    onClose(() => closeQueues(queues))
    const index = makeUsageIndex({ redis, prefix })
    watch.onLostData(async () => index.forgetLists())
    // Redis may have lost its newest data only: it crashed, or a replica took over.
    redis.on('ready', index.forgetLists)
    const tell = makeTell({ queues, receivers })
    const telling = makeTelling({ tell, projectOf, now: Date.now })
    const lastRuns = makeLastRuns({ redis, prefix, now: Date.now })
    const runs = noteLastRuns(telling.runs(journals.runs), lastRuns, (err) =>
      log.warn({ err }, 'the last run of a policy is missing in the metrics'),
    )
    const { audit } = journals.audit
    const now = () => Date.now() * 1000
    const keeps = makeKeeps({ store, now, onKept: storeWatch.noteChange })
    const shownPlans = makeShownPlans({ store, now })
    const ledger = makeLedger({ redis, prefix })
    const doubtOf = makeDoubtOf({
      ...{ ledger, queues, storeDoubt: storeWatch.doubt },
      isRestoring: () => isRestoring({ redis, prefix }),
    })
    const announce = (alert: RegistryAlert | ExpiryAlert | PromotionAlert) =>
      queues.alerts.add('alerts', { kind: 'announce', alert }, { jobId: alert.id })
    const scrubState = makeScrubState({ redis, prefix })
    const followed = makeFollowed({ redis, prefix })
    const awaited = makeAwaitedPromotions({ redis, prefix, queues })
    const config = () => settings().config
    const collectionRuns = collectionRunsOf({ store, config: config(), log })
    const inUse = makeInUseOf({
      ...{ config, registries, dispatcher, index, projectOf, doubtOf, announce, log, now },
    })
    const details = makeDetails({ redis, prefix, clientOf: readableClientOf, now })
    const pulls = makePulls({ redis, prefix, ledger, now })
    watch.onLostData(async () => pulls.forget())
    const protections = {
      keeps: keeps.findProtections,
      'expiry.protect': makeFindProtected(() => config().expiry.protect),
      inUse: inUse.find,
    }
    const failuresOf = makeFailuresOf(protections)
    const flags = makeFlags({ redis, prefix })
    const overrides = makeOverrides({ redis, prefix, now: Date.now })
    const inForce = makeQuotasInForce({ quotas: () => settings().quotas, overrides })
    const useOf = makeUseOf({ config, pulls })
    const planning: Parameters<typeof makePlanner>[0] = {
      ...{ index, details, now },
      findNotUnderstood: makeFindNotUnderstood({ clientOf: readableClientOf, now }),
      findProtections: makeFindProtections(protections),
      protectsLabels: () => config().expiry.protect.labels.length > 0,
      useOf,
      async quotaOf(project) {
        const { limit, escalate } = (await inForce.of(projectSubject(project)))?.quota ?? {}
        const evictsLater = escalate?.evict === true && !(await flags.ofProject(project)).isEscalated
        return { limit, evictsLater }
      },
    }
    const planner = makePlanner(planning)
    return {
      ...{
        redis,
        queues,
        index,
        watch,
        storeWatch,
        peers,
        ledger,
        keeps,
        inUse,
        announce,
        tell,
        telling,
        lastRuns,
      },
      months: makeMonths({ redis, prefix }),
      ...{ histories: makeHistories({ redis, prefix }), readGrowth: makeReadGrowth({ redis, prefix }) },
      ...{ followed, awaited, askFollow: makeAskFollow({ queues, followed, awaited }) },
      targets: makeTargets(store),
      tagTurns: makeTagTurns({ queues, redis, prefix }),
      approvals: makeApprovals({ store, now }),
      ...{ brokenRecords: makeBrokenRecords({ redis, prefix }), scrubState },
      /** To be called by what collects garbage. */
      scrubFirst: makeScrubFirst({
        ...{ queues, state: scrubState, now: Date.now },
        isScrubbed: (name) => registries.some((one) => one.name === name && one.scrub !== undefined),
      }),
      lines: makeLines({ redis, prefix }),
      deliveries: makeDeliveries({ redis, prefix }),
      eventDeliveries: makeEventDeliveries({ redis, prefix }),
      snoozes: makeSnoozes({ redis, prefix }),
      backlog: makeBacklog({ redis, queues }),
      ...{ flags, overrides, inForce },
      quarantine: makeQuarantine({ redis, prefix }),
      instances: makeInstances({ redis, prefix }),
      referencesTold: makeReferencesTold({ redis, prefix }),
      ...{
        audits: makeAudits({ redis, prefix }),
        taken: makeTaken({ redis, prefix, registries: audited, now: Date.now }),
      },
      ...{ details, pulls, useOf, planning, doubtOf, planner, shownPlans },
      wouldFree: makeWouldFree({ planning, doubtOf, log, policies: () => settings().expiry.policies }),
      planAll: makePlanAll({
        ...{ index, planner, details, projectOf, failuresOf },
        announcementsOf: makeAnnouncements(store).read,
        maxShare: () => config().expiry.maxShare,
      }),
      expiry: makeExpiry({
        settings: () => settings().expiry,
        ...{ index, clientOf, store, runs, audit, metrics, log, now },
        isHeld: async (registry) => (await collectionRuns.holderOf(registry)) !== undefined,
        doubtOf,
        failuresOf,
        planner,
        announce,
      }),
    }
  }

  return {
    ...{ config, log, onClose, prefix, store, metrics, journals, registries, projectOf, clientOf },
    ...{ receivers, connect, onRedis, outage, dispatcher, tracing, ...reloading },
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

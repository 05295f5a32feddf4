import type { Cluster, Redis } from 'ioredis'
import { identityOf } from '../platform/redis-identity.ts'
import { lostDataText, makeLostData } from '../snapshot/lost-data.ts'
import { makeStoreIdentity } from '../store/store-identity.ts'
import type { BaseParts } from './base-parts.ts'
import { fingerprintOf, makePeers } from './peers.ts'
import { watchRedis } from './watch-redis.ts'
import { watchStore } from './watch-store.ts'

/** How often the settings of Redis and the identity of the store are looked at, in ms. */
const LOOK_MS = 60_000

export type Watched = Awaited<ReturnType<typeof watchAll>>

/** Watches Redis, the store, and the other processes of this Tallyman. */
export async function watchAll(base: BaseParts, redis: Redis | Cluster) {
  const { prefix, store, settings, log, onClose } = base
  const peers = makePeers({
    redis,
    prefix,
    fingerprint: () => fingerprintOf(settings().config),
    now: Date.now,
  })
  onClose(peers.leave)
  const key = `${prefix}:identity`
  const where = base.redisPlace
  const identity = makeStoreIdentity({ store, redis, prefix })
  const storeWatch = await watchStore({ identity, everyMs: LOOK_MS, log, onClose })
  const lostData = makeLostData({
    ...{ store, storeSince: identity.since, now: Date.now },
    dataSince: async () => (await identityOf(redis, key))?.since,
  })
  const lostDataTexts = async () => {
    const lost = await lostData()
    return lost === undefined ? [] : [lostDataText(lost)]
  }
  const otherWarnings = async () => [
    ...(await peers.look().catch(() => [])),
    ...[await storeWatch.doubt()].filter((doubt) => doubt !== undefined),
    ...(await lostDataTexts().catch(() => [])),
  ]
  const watch = await watchRedis({ redis, where, key, otherWarnings, everyMs: LOOK_MS, log, onClose })
  return { watch, peers, storeWatch, lostData }
}

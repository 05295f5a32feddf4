import { setTimeout as sleep } from 'node:timers/promises'
import { alertsWorker } from '../../workers/alerts.ts'
import { EVENTS_JOBS, eventsWorker } from '../../workers/events.ts'
import { expiryWorker } from '../../workers/expiry.ts'
import { promotionWorker } from '../../workers/promotion.ts'
import { quotaWorker } from '../../workers/quota.ts'
import { reconcileWorker } from '../../workers/reconcile.ts'
import { resolveWorker } from '../../workers/resolve.ts'
import { snapshotWorker } from '../../workers/snapshot.ts'
import { makeAnnounce } from '../alerts/announce.ts'
import { makeChannel } from '../alerts/make-channel.ts'
import { makeIndexEvents } from '../events/index-events.ts'
import { makeMoveRepositories } from '../events/move-repositories.ts'
import { makeNormalise } from '../events/normalise.ts'
import { makeResolveReferences } from '../events/resolve-references.ts'
import { makeIsScanner } from '../events/scanners.ts'
import { makeWatchInstances } from '../events/watch-instances.ts'
import { schedulePolicies } from '../expiry/schedule.ts'
import { connectPatiently } from '../platform/redis.ts'
import { makePromote } from '../promotion/promote.ts'
import { closeWorkers } from '../queue/close-workers.ts'
import { makeInbox } from '../queue/inbox.ts'
import type { QueueName } from '../queue/jobs.ts'
import { makeEnforce } from '../quota/enforce.ts'
import { makeRecheckQuotas, recheck } from '../quota/recheck.ts'
import { makeApiReader } from '../reconcile/api-reader.ts'
import { makeOnQuarantined, makeOnUnknownInstance } from '../reconcile/gaps.ts'
import { makeReconcile } from '../reconcile/reconcile.ts'
import { addReconcileJob, scheduleReconciles } from '../reconcile/reconcile-jobs.ts'
import { makeStorageReader } from '../reconcile/storage-reader.ts'
import { scheduleSnapshots } from '../snapshot/schedule.ts'
import { makeSnapshots } from '../snapshot/snapshots.ts'
import { makeFolderView } from '../store/folder-view.ts'
import { makeStore } from '../store/make-store.ts'
import { coalesceApply } from '../usage/coalesce-apply.ts'
import { makeRenameTable } from '../usage/rename-table.ts'
import { makeRepositoriesOf } from '../usage/repositories.ts'
import type { Parts } from './parts.ts'

/** Works off queues until closed. */
export async function work(parts: Parts, names: readonly QueueName[]): Promise<void> {
  const { config, log, prefix, store, metrics, journals, registries, projectOf, match, clientOf } = parts
  const { redis, queues, index, flags, quarantine, instances, ledger, expiry } =
    await parts.onRedis(connectPatiently)
  const connection = await parts.connect(connectPatiently)
  const context = { connection, prefix, log }
  let isStopping = false

  const routes = config.alerts.channels.map((channel) => ({
    channel: makeChannel(channel),
    projects: channel.projects,
  }))
  const renames = makeRenameTable({ redis, prefix })
  const repositoriesOf = makeRepositoriesOf({ redis, prefix })
  const recheckQuotas = makeRecheckQuotas({ queues, quotaOf: parts.quotaOf })
  const enqueueReconcile = (registry: string, reason: string) =>
    addReconcileJob(queues, { registry, dryRun: false, reason }, BURST_MS)
  const storages = new Map(
    registries.flatMap(({ name, storage }) =>
      storage
        ? [
            [
              name,
              {
                store: storage.type === 'folder' ? makeFolderView(storage) : makeStore(storage),
                place: placeOf(storage),
              },
            ],
          ]
        : [],
    ),
  )

  const start = {
    events: () => {
      // What a process put there that died before it made jobs of it.
      const inbox = makeInbox({ redis, prefix })
      const sweep = setInterval(
        () => inbox.empty().catch((error) => log.warn({ err: error }, 'events inbox')),
        SWEEP_MS,
      )
      parts.onClose(async () => clearInterval(sweep))
      const onUnknownInstance = makeOnUnknownInstance({
        ...{ ledger, enqueueReconcile, log, isAutomatic: config.reconcile.onNewInstance },
      })
      return eventsWorker(
        context,
        queues.events,
        makeIndexEvents({
          ...{ queues, quarantine, renames, projectOf, match, recheckQuotas, metrics, log },
          index: coalesceApply(index, EVENTS_JOBS),
          onQuarantined: makeOnQuarantined(ledger),
          watchInstances: makeWatchInstances({ instances, onUnknownInstance }),
          normalise: makeNormalise({ isScanner: makeIsScanner(config.scanners) }),
        }),
      )
    },
    resolve: () =>
      resolveWorker(context, {
        resolveReferences: makeResolveReferences({
          ...{ index, renames, clientOf, projectOf, recheckQuotas, log },
        }),
        moveRepositories: makeMoveRepositories({
          ...{ index, renames, projectOf, recheckQuotas, repositoriesOf, enqueueReconcile },
        }),
      }),
    quota: () => quotaWorker(context, makeEnforce({ index, flags, queues, quotaOf: parts.quotaOf })),
    alerts: () => alertsWorker(context, makeAnnounce({ routes, queues, journal: journals.alerts, metrics })),
    promotion: () =>
      promotionWorker(context, makePromote({ index, clientOf, match, receipts: journals.receipts, metrics })),
    expiry: () => expiryWorker(context, expiry),
    snapshot: () =>
      snapshotWorker(
        context,
        makeSnapshots({
          ...{ store, redis, prefix, index, log, recheckQuotas, keep: config.snapshots.keep },
          registries: registries.map(({ name }) => name),
          enqueueReconcile: (registry) => enqueueReconcile(registry, 'restored from a snapshot'),
          now: () => new Date(),
        }),
      ),
    reconcile: () => {
      const readerOf = (registry: string) => {
        const storage = storages.get(registry)
        return storage ? makeStorageReader(storage) : makeApiReader({ client: clientOf(registry) })
      }
      const reconcile = makeReconcile({
        ...{ readerOf, index, repositoriesOf, projectOf, ledger, recheckQuotas, sleep, log },
        ...{ settleMs: SETTLE_MS, now: () => Date.now() * 1000 },
        clockOf: async (registry) => {
          const date = await clientOf(registry).ping()
          return date && date.getTime() * 1000
        },
      })
      return reconcileWorker(context, reconcile, () => isStopping)
    },
  }

  if (names.includes('expiry')) {
    const { policies, every, dryRun } = config.expiry
    await schedulePolicies(queues, policies, { everyMs: every, dryRun })
  }
  if (names.includes('snapshot')) await scheduleSnapshots(queues, config.snapshots.every)
  if (names.includes('reconcile'))
    // Those that send events: what is only a target of promotions is not watched.
    await scheduleReconciles(
      queues,
      registries.filter(({ token }) => token !== undefined).map(({ name }) => name),
      config.reconcile.every,
    )
  // The configuration may have new limits since the flags were set, or none any more.
  if (names.includes('quota'))
    for (const { name } of registries) await recheck(queues, await index.projects(name))

  const workers = names.map((name) => start[name]())
  parts.onClose(() => {
    isStopping = true
    return closeWorkers(workers, connection)
  })
}

/** How often workers look for events that nobody made jobs of, in ms. */
const SWEEP_MS = 1_000

/** How long to wait for others that want the same reconcile, in ms. */
const BURST_MS = 1_000

/** By when a registry has written what it announced: well under a second on a disk, seconds on a slow object store. */
const SETTLE_MS = 5_000

const placeOf = (
  storage: { type: 'folder'; path: string } | { type: 's3'; bucket: string; prefix: string },
): string =>
  storage.type === 'folder' ? `the folder ${storage.path}` : `the bucket ${storage.bucket}/${storage.prefix}`

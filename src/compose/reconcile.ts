import { setTimeout as sleep } from 'node:timers/promises'
import { reconcileWorker } from '../../workers/reconcile.ts'
import { jobId } from '../queue/job-id.ts'
import { projectSubject } from '../queue/quota-subject.ts'
import { makeForgetFlags } from '../quota/forget-flags.ts'
import { recheck } from '../quota/recheck.ts'
import { makeApiReader } from '../reconcile/api-reader.ts'
import { makeFirstReading } from '../reconcile/first-reading.ts'
import type { RegistryReader } from '../reconcile/reading.ts'
import { makeReconcile } from '../reconcile/reconcile.ts'
import { requestFirstReadings, scheduleReconciles } from '../reconcile/reconcile-jobs.ts'
import { makeRunNotes } from '../reconcile/run-notes.ts'
import { makeTurn } from '../reconcile/turn.ts'
import { repositoryNames } from '../registry/repository-names.ts'
import { listSnapshots } from '../snapshot/snapshot-key.ts'
import { blobChecksOf, watchBrokenOf } from './integrity.ts'
import { journalledIndex } from './journal.ts'
import { storageReader } from './registry-storage.ts'
import { sourcesOf } from './sources.ts'
import type { WorkerParts } from './worker-parts.ts'

/** How long a registry may take to write what it announced, in ms: well under a second on a disk, seconds on S3. */
const SETTLE_MS = 5_000

/** Why registries are reconciled then, as people read it. */
const LOST = 'Redis lost its data'

/** Schedules reconciles, and asks for the first ones. */
export async function prepareReconcile(parts: WorkerParts): Promise<void> {
  const { queues, config, log } = parts
  const sources = sourcesOf(parts)
  await scheduleReconciles(queues, sources, config.reconcile.every)
  if (await isToBeRestored(parts, sources)) {
    log.warn(
      'Redis has none of the data of which there are snapshots: the newest is restored, and each registry is read',
    )
    await requestRecovery(parts, sources)
  } else if (config.reconcile.atFirstStart) await requestFirstReadings(parts, sources)
}

/**
 * Schedules reconciles anew after Redis has lost its data, and has the index built again. Until that is done it is not
 * exact, so that nothing is deleted.
 */
export async function recoverReconcile(parts: WorkerParts): Promise<void> {
  const sources = sourcesOf(parts)
  await scheduleReconciles(parts.queues, sources, parts.config.reconcile.every)
  const cause = `lost data ${await parts.watch.dataSince()}`
  for (const registry of sources) {
    const gap = { since: 0, reason: LOST, cause }
    // A run from before the loss cannot be finished, so any that ends now has read what was lost. Our time would not do: a
    // registry's clock, which dates the run, may be behind it.
    await parts.ledger.noteGap(registry, gap, 0)
  }
  await requestRecovery(parts, sources)
}

/**
 * Asks for what builds the index again: the newest snapshot first, if there is one, then a reconcile of each registry. Of all
 * processes, one does it.
 */
async function requestRecovery(parts: WorkerParts, sources: readonly string[]): Promise<void> {
  if (await hasSnapshot(parts)) {
    const id = jobId('recover', String(await parts.watch.dataSince()))
    await parts.queues.snapshot.add('snapshot', { kind: 'recover' }, { jobId: id })
  } else for (const registry of sources) await parts.enqueueReconcile(registry, LOST)
}

/** Whether there is a snapshot from before the data in Redis began. */
async function hasSnapshot({ store, watch }: Pick<WorkerParts, 'store' | 'watch'>): Promise<boolean> {
  const since = await watch.dataSince()
  return (await listSnapshots(store)).some(({ createdAt }) => Date.parse(createdAt) < since)
}

/**
 * Whether the index was lost: the store remembers one from before the data in Redis began, and no registry was read since. An event
 * may have come already, so the index need not be empty.
 */
async function isToBeRestored(parts: WorkerParts, registries: readonly string[]): Promise<boolean> {
  for (const name of registries) if ((await parts.ledger.status(name)).lastReport !== undefined) return false
  return hasSnapshot(parts)
}

/** Starts the worker that runs reconciles. */
export function startReconcile(parts: WorkerParts) {
  const { registries, clientOf, config } = parts
  let isStopping = false
  parts.onClose(async () => {
    isStopping = true
  })
  const readers = new Map(registries.map((registry) => [registry.name, readerOf(registry, parts)]))
  const reconcile = makeReconcile({
    ...parts,
    index: journalledIndex(parts),
    ledger: parts.telling.ledger(parts.ledger),
    readerOf(name) {
      const reader = readers.get(name)
      if (reader === undefined) throw new Error(`registry "${name}" is not configured`)
      return reader
    },
    notes: makeRunNotes(parts),
    broken: watchBrokenOf(parts),
    firstReading: makeFirstReading(parts.store),
    forgetFlags: makeForgetFlags({
      ...parts,
      look: (project) => recheck(parts.queues, [projectSubject(project)]),
    }),
    announce: (alert) => parts.queues.alerts.add('alerts', { kind: 'announce', alert }, { jobId: alert.id }),
    settleMs: SETTLE_MS,
    now: () => Date.now() * 1000,
    sleep,
    clockOf: async (registry) => {
      const date = await clientOf(registry).ping()
      return date && date.getTime() * 1000
    },
  })
  const turnOf = makeTurn({ ...parts, pauseMs: config.reconcile.pause, now: Date.now })
  /** A quota for what a registry stores is about what the reconcile has seen. */
  async function reconcileAndLook(...run: Parameters<typeof reconcile>) {
    const report = await reconcile(...run)
    const subject = { kind: 'registry', id: report.registry } as const
    if (parts.settings().quotas.of(subject) !== undefined) await recheck(parts.queues, [subject])
    return report
  }
  const work = { reconcile: reconcileAndLook, turnOf }
  return reconcileWorker(parts.context, work, () => isStopping, registries.length)
}

/** Reads a registry from its storage if Tallyman can reach that, and otherwise over its API. */
function readerOf(registry: WorkerParts['registries'][number], parts: WorkerParts): RegistryReader {
  const { name, type, storage } = registry
  if (storage !== undefined) return storageReader(storage, registry)
  return makeApiReader({
    ...{ client: parts.clientOf(name), isCache: type === 'cache', begin: blobChecksOf(registry, parts) },
    listed: repositoryNames(registry),
  })
}

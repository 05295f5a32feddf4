import { setTimeout as sleep } from 'node:timers/promises'
import { reconcileWorker } from '../../workers/reconcile.ts'
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
import { storageReader } from './registry-storage.ts'
import type { WorkerParts } from './worker-parts.ts'

/** How long a registry may take to write what it announced, in ms: well under a second on a disk, seconds on S3. */
const SETTLE_MS = 5_000

/** A registry without a token sends no events: it is only a target of promotions, and has no index. */
const sourcesOf = ({ registries }: WorkerParts): string[] =>
  registries.filter(({ token }) => token !== undefined).map(({ name }) => name)

/** Schedules reconciles, and asks for the first ones. */
export async function prepareReconcile(parts: WorkerParts): Promise<void> {
  const { queues, config, log } = parts
  const sources = sourcesOf(parts)
  await scheduleReconciles(queues, sources, config.reconcile.every)
  if (!config.reconcile.atFirstStart) return
  if (await isToBeRestored(parts, sources))
    log.warn('the index is empty and there are snapshots: restore one, or reconcile each registry')
  else await requestFirstReadings(parts, sources)
}

/** Schedules reconciles anew after Redis has lost its data, and asks for one of each registry, so that its index is built again. */
export async function recoverReconcile(parts: WorkerParts): Promise<void> {
  const sources = sourcesOf(parts)
  await scheduleReconciles(parts.queues, sources, parts.config.reconcile.every)
  const cause = `lost data ${await parts.watch.dataSince()}`
  for (const registry of sources) {
    const gap = { since: 0, reason: 'Redis lost its data', cause }
    // A run from before the loss cannot be finished, so any that ends now has read what was lost. Our time would not do: a
    // registry's clock, which dates the run, may be behind it.
    await parts.ledger.noteGap(registry, gap, 0)
    await parts.enqueueReconcile(registry, gap.reason)
  }
}

/** Whether the index may have been lost: a snapshot can only be restored into an empty index, so nothing is read then. */
async function isToBeRestored(
  { index, store }: WorkerParts,
  registries: readonly string[],
): Promise<boolean> {
  for (const name of registries) if ((await index.projects(name)).length > 0) return false
  return (await listSnapshots(store)).length > 0
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

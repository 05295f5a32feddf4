import { setTimeout as sleep } from 'node:timers/promises'
import { collectionsWorker } from '../../workers/collections.ts'
import { endedAlert } from '../collection/collection-alert.ts'
import type { CollectionMode } from '../collection/collection-run.ts'
import { makeCollector } from '../collection/collector.ts'
import { scheduleCollections } from '../collection/schedule.ts'
import { placeOfProcesses } from '../platform/process-id.ts'
import { askSurvey } from '../space/ask-survey.ts'
import { pushedSince } from '../usage/pushed-since.ts'
import { collectionRunsOf } from './collection-runs.ts'
import { makeConductors } from './conductors.ts'
import { knownGarbageOf } from './known-garbage.ts'
import { leasesOf } from './leases.ts'
import type { Parts } from './parts.ts'
import type { WorkerParts } from './worker-parts.ts'

type Registry = Parts['registries'][number]

/** Why a registry cannot be collected in a mode; `undefined` if it can. */
export function missingFor(
  { name, storage, gc: { hooks, barrier } }: Registry,
  mode: CollectionMode,
): string | undefined {
  if (mode === 'barrier')
    return storage !== undefined && barrier !== undefined
      ? undefined
      : `Tallyman cannot collect "${name}" behind a barrier: set registries.${name}.storage, and registries.${name}.gc.barrier`
  if (hooks?.collect !== undefined) return undefined
  return `Tallyman does not know how the garbage of "${name}" is collected: set registries.${name}.gc.hooks with readOnlyOn, collect and readOnlyOff; or registries.${name}.gc.barrier and its storage`
}

/** How often it is looked whether a registry is read-only by a run whose process died, in ms. */
const SWEEP_MS = 10_000
const SWEEP_SELDOM_MS = 600_000

/** Schedules collections. */
export const prepareCollections = ({ queues, registries }: WorkerParts): Promise<void> =>
  scheduleCollections(queues, registries)

/** Starts the worker that collects garbage, and what lets writes in where a dead process has stopped them. */
export function startCollections(parts: WorkerParts) {
  const { log, queues, registries, announce, onClose, journals } = parts
  const closing = new AbortController()
  const runs = collectionRunsOf(parts)
  const leases = leasesOf(parts)
  const conductors = makeConductors(parts, runs)
  const garbage = knownGarbageOf(parts, announce)
  const collector = makeCollector({
    ...{ runs, leases, log, place: placeOfProcesses(), closing: closing.signal, now: Date.now },
    conductorOf: (registry, mode) => conductors[mode](registry),
    releaserOf: conductors.releaser,
    async onEnded(run) {
      const { registry, id, outcome, freed, error } = run
      const alert = endedAlert(run)
      if (alert !== undefined) await announce(alert)
      await journals.audit.audit({
        ...{ by: run.by, action: 'collection.ended', registry, run: id, dryRun: run.dryRun },
        ...(outcome !== null && { outcome }),
        ...(error !== null && { why: error }),
        ...(freed !== null && { counts: freed }),
      })
      if (!run.hasCollected) return
      await garbage.onCollected(registry, {
        ...{ at: run.endedAt ?? new Date().toISOString(), seen: 'run', pauseMs: run.pauseMs },
        freed: freed?.bytes ?? null,
      })
      // The collection of the registry's own collector ends with a survey.
      if (run.mode === 'barrier') await askSurvey(queues, registry)
      // What was pushed meanwhile is what a collection may have broken.
      await parts.scrubFirst(registry, await pushedSince(parts.index, registry, Date.parse(run.at)))
    },
  })
  const sweeping = sweepAlways(parts, collector.sweep, closing.signal)
  tellOfStrangers(parts, runs.held).catch((err) =>
    log.warn({ err }, 'whether a registry is held that is not configured could not be found out'),
  )
  onClose(async () => {
    closing.abort()
    await sweeping
  })
  return collectionsWorker(parts.context, { collector, queues }, registries.length)
}

/** Tells of registries that a collection may have made read-only, and that are not configured any more. */
async function tellOfStrangers({ registries, log }: WorkerParts, held: () => Promise<string[]>) {
  const known = new Set(registries.map(({ name }) => name))
  for (const registry of await held())
    if (!known.has(registry))
      log.error(
        { registry },
        `${registry} may be read-only by a collection, and is not configured any more: make it writable by hand, or configure it again`,
      )
}

/** Sweeps each registry now and then, one at a time. At the close, what is in hand ends. */
function sweepAlways(
  { registries, log, outage }: WorkerParts,
  sweep: (registry: string) => Promise<void>,
  closing: AbortSignal,
): Promise<unknown> {
  const sweepOne = async ({ name: registry, gc }: Registry) => {
    // Without hooks, only a run of before may hold it, whose hooks were taken out of the configuration.
    const everyMs = gc.hooks === undefined ? SWEEP_SELDOM_MS : SWEEP_MS
    while (!closing.aborted) {
      await sweep(registry).catch((err) => {
        if (!outage.takes(err))
          log.warn({ err, registry }, 'whether the registry is held could not be found out')
      })
      await sleep(everyMs, undefined, { signal: closing, ref: false }).catch(() => {})
    }
  }
  return Promise.all(registries.map(sweepOne))
}

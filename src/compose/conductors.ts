import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { handHooks, releaseByHand } from '../collection/by-hand.ts'
import { heldAlert, releasedAlert } from '../collection/collection-alert.ts'
import type { CollectionMode, CollectionRun } from '../collection/collection-run.ts'
import type { Conductor, Context } from '../collection/collector.ts'
import { conduct } from '../collection/conduct.ts'
import { doubtsOfStorage } from '../collection/doubts-of-storage.ts'
import { type Hold, makeHold } from '../collection/hold.ts'
import type { HookName } from '../collection/hooks/hook.ts'
import { makeHook } from '../collection/hooks/make-hook.ts'
import { openUploads } from '../collection/open-uploads.ts'
import { stuckNote } from '../collection/stuck.ts'
import { sumUndoable } from '../collection/undoable.ts'
import { writabilityOf } from '../collection/writability.ts'
import { makeTrashReader } from '../expiry/trash-reader.ts'
import { undoSettingsAt } from '../expiry/undo.ts'
import { placeOfProcesses } from '../platform/process-id.ts'
import { surveyStorage } from '../space/survey-storage.ts'
import { barrierConductor } from './barrier.ts'
import type { collectionRunsOf } from './collection-runs.ts'
import { knownGarbageOf } from './known-garbage.ts'
import { leasesOf } from './leases.ts'
import type { Parts } from './parts.ts'
import { registryStorage } from './registry-storage.ts'
import { surveysOf } from './storage.ts'
import { makeStorageDoctor } from './storage-doctor.ts'
import type { WorkerParts } from './worker-parts.ts'

type Registry = Parts['registries'][number]

/** For how long a webhook that failed may still make a registry read-only, in ms. */
const LATE_MS = 120_000

/** What runs collections, by their mode. */
export function makeConductors(
  parts: WorkerParts,
  runs: ReturnType<typeof collectionRunsOf>,
): Record<CollectionMode, (registry: string) => Conductor | undefined> & {
  releaser: (registry: string) => Conductor
} {
  const { registries, store, log, clientOf, index, announce } = parts
  const surveys = surveysOf(parts, {
    ...{ garbage: knownGarbageOf(parts, announce), leases: leasesOf(parts) },
    enqueueReconcile: parts.enqueueReconcile,
  })
  const reader = makeTrashReader({
    store,
    onUnreadable: (key, err) => log.warn({ key, err }, 'unreadable entry of the trash'),
  })
  const registryOf = (name: string) => registries.find((one) => one.name === name)
  const clock = () => performance.now()
  const pause = (ms: number, signal?: AbortSignal) => sleep(ms, undefined, signal && { signal })

  /** A repository that the registry has; `undefined` if there is none. @throws RegistryError if its catalog cannot be read */
  async function someRepository(registry: string): Promise<string | undefined> {
    for (const project of (await index.projects(registry)).slice(0, 20)) {
      const [first] = await index.heldRepositories(project)
      if (first !== undefined) return first.name
    }
    for await (const name of clientOf(registry).catalog()) return name
    return undefined
  }

  /** Calls a hook of a registry for a run; `undefined` if there is none. */
  function callOf(registry: Registry, run: CollectionRun, context: Context, hook: HookName) {
    const config = registry.gc.hooks?.[hook]
    if (config === undefined) return undefined
    const call = makeHook(config, { environment: process.env, dispatcher: parts.dispatcher })
    return async (signal?: AbortSignal): Promise<string> => {
      try {
        return await call({
          ...{ registry: registry.name, run: run.id, hook, signal },
          async onGroup(group) {
            run.hook = { place: placeOfProcesses(), host: hostname(), group }
            const saved = context.save(run)
            // Nothing keeps writes out because a record cannot be written.
            await (hook === 'readOnlyOff' || hook === 'flushCache' ? saved.catch(() => {}) : saved)
          },
        })
      } finally {
        delete run.hook
      }
    }
  }

  /** Makes a registry refuse writes by its hooks, and lets them in again. `undefined` if it has none. */
  function holdOf(registry: Registry, run: CollectionRun, context: Context): Hold | undefined {
    const readOnlyOn = callOf(registry, run, context, 'readOnlyOn')
    const readOnlyOff = callOf(registry, run, context, 'readOnlyOff')
    if (readOnlyOn === undefined || readOnlyOff === undefined) return undefined
    const hooks = {
      readOnlyOn: ({ signal }: { signal?: AbortSignal | undefined }) => readOnlyOn(signal),
      readOnlyOff: () => readOnlyOff(),
    }
    return holdBy(hooks, registry, run, context)
  }

  const examine = makeStorageDoctor(registries, surveys)

  /** What the storage doctor says against a collection. That it cannot be asked is no reason against one. */
  async function doubtsOf({ name, storage, gc }: Registry, mode: CollectionMode): Promise<string[]> {
    if (storage === undefined) return []
    try {
      return doubtsOfStorage(await examine(name), { mode, flushesCache: gc.hooks?.flushCache !== undefined })
    } catch (err) {
      log.warn({ err, registry: name }, 'the storage could not be examined before a collection')
      return []
    }
  }

  const lookAt = (registry: string) => writabilityOf(clientOf(registry), () => someRepository(registry))

  function holdBy(
    hooks: Parameters<typeof makeHold>[0]['hooks'],
    registry: Registry,
    run: CollectionRun,
    context: Context,
  ): Hold {
    return makeHold({
      ...{ run, runs, lease: context.lease, closing: context.closing, clock, sleep: pause },
      ...{ hooks, look: () => lookAt(registry.name) },
      // A program that failed was ended with all that it began. Whoever got a webhook may still be at work.
      lateMs: registry.gc.hooks?.readOnlyOn?.url === undefined ? 0 : LATE_MS,
      async onStuck(why, attempts) {
        log.error(
          { registry: registry.name, run: run.id, attempts, reason: why },
          `${registry.name} is read-only, and writes cannot be let in: ${why}`,
        )
        // The attempts go on: until one succeeds, the record tells why the last did not.
        const phase = run.phases.at(-1)
        if (phase !== undefined) phase.note = stuckNote(why, attempts)
        await context.save(run).catch((err) => log.warn({ err }, 'the record could not be written'))
        await announce(heldAlert(run, why, Date.now()))
      },
      onFreed: async () => void (await announce(releasedAlert(run, Date.now()))),
      onError: (err) => log.warn({ err, registry: registry.name }, 'beside the hold of a registry'),
    })
  }

  const conductorOf =
    (registry: Registry): Conductor =>
    async (run, context) => {
      const hold = holdOf(registry, run, context)
      const collect = callOf(registry, run, context, 'collect')
      if (hold === undefined) throw new Error(`registries.${registry.name}.gc.hooks are not configured`)
      const { name, type, gc, storage } = registry
      const opened = storage && registryStorage(storage, registry)
      return conduct(run, {
        ...{ hold, clock, sleep: pause, now: Date.now, signal: context.signal },
        ...{ save: context.save, onPhase: context.onPhase, limits: gc },
        async collect(signal) {
          if (collect === undefined) throw new Error('the hook collect is not configured any more')
          await context.lease.requireOurs()
          return collect(signal)
        },
        flushCache: callOf(registry, run, context, 'flushCache'),
        // A dry run puts nothing back, and empties no trash.
        survey:
          opened &&
          (async (signal) =>
            run.dryRun
              ? surveyStorage(opened, { projectOf: (repository) => repository, signal })
              : (await surveys.survey(name, signal)).survey),
        uploads: opened && (() => openUploads(opened)),
        facts: async (candidates) => ({
          isCache: type === 'cache',
          storage: await doubtsOf(registry, 'conduct'),
          undoable: await sumUndoable(
            { reader, settings: undoSettingsAt(parts.settings().expiry, name), now: Date.now() },
            { registry: name, candidates },
          ),
        }),
        onError: (err, what) => log.warn({ err, registry: name, run: run.id }, what),
      })
    }

  return {
    releaser: (name) => async (run, context) => {
      const registry = registryOf(name)
      if (registry === undefined) throw new Error(`registry "${name}" is not configured`)
      const hold =
        holdOf(registry, run, context) ??
        holdBy(
          handHooks(name, () => lookAt(name)),
          registry,
          run,
          context,
        )
      return releaseByHand(run, { hold, save: context.save, now: Date.now })
    },
    conduct(name) {
      const registry = registryOf(name)
      return registry?.gc.hooks && conductorOf(registry)
    },
    barrier(name) {
      const registry = registryOf(name)
      return (
        registry &&
        barrierConductor(parts, registry, {
          ...{ holdOf, surveys, doubts: () => doubtsOf(registry, 'barrier') },
          ...{ undoSettings: () => undoSettingsAt(parts.settings().expiry, registry.name) },
        })
      )
    },
  }
}

import { storageWorker } from '../../workers/storage.ts'
import type { KnownGarbage } from '../collection/known.ts'
import type { Leases } from '../collection/leases.ts'
import { scheduleSurveys } from '../space/schedule.ts'
import { makeSurveys } from '../space/surveys.ts'
import { projectId } from '../usage/project.ts'
import { knownGarbageOf } from './known-garbage.ts'
import { leasesOf } from './leases.ts'
import type { Parts } from './parts.ts'
import { registryStorage } from './registry-storage.ts'
import { sourcesOf } from './sources.ts'
import type { WorkerParts } from './worker-parts.ts'

/**
 * Makes what surveys the storages of registries. `garbage` takes in what each finds, and `leases` tell of which registries a
 * collection is under way. Without them, it only reads what was found.
 */
export function surveysOf(
  { registries, store, projectOf, log }: Parts,
  worker?: {
    garbage: Pick<KnownGarbage, 'onSurveyed'>
    leases: Pick<Leases, 'isTaken'>
    enqueueReconcile: WorkerParts['enqueueReconcile']
  },
) {
  const storages = new Map(
    registries.flatMap((registry) => {
      const { name, storage } = registry
      return storage ? [[name, registryStorage(storage, registry)] as const] : []
    }),
  )
  return makeSurveys({
    ...{ store, now: Date.now, storageOf: (registry) => storages.get(registry) },
    trashMsOf: (name) => registries.find((one) => one.name === name)?.gc.trash ?? Number.POSITIVE_INFINITY,
    // Only where Tallyman itself collects: elsewhere it reads.
    maySegmentsGo: (name) => registries.find((one) => one.name === name)?.gc.barrier !== undefined,
    onSegmentsFreed(registry, { objects, bytes }) {
      log.info({ registry, segments: objects, bytes }, 'segments that no object has were deleted')
    },
    onError: (registry, err) =>
      log.warn({ registry, err }, 'segments that no object has could not be deleted'),
    isCollecting: async (name) => worker === undefined || worker.leases.isTaken(name),
    async onPutBack(registry, { size }) {
      log.warn(
        { registry, blobs: size },
        'images lacked blobs that a collection had taken away: they were put back',
      )
    },
    // It finds which images these break, and tells of them. It is seldom, and certain: it does not wait for the pause.
    async onMissing(registry, blobs) {
      if (worker === undefined || !sourcesOf({ registries }).includes(registry)) return
      await worker.enqueueReconcile(registry, `blobs are missing in its storage: ${blobs}`, true)
    },
    projectIdOf: ({ registry, repository }) => projectId(registry, projectOf(registry, repository)),
    async onSurveyed({ candidates, blobs }, { registry, at, total }) {
      let bytes = 0
      for (const { size } of blobs.values()) bytes += size
      await worker?.garbage.onSurveyed({ registry, at, candidates, total: total.bytes, blobs: bytes })
    },
  })
}

/** Schedules surveys of the storages that are configured. */
export const prepareStorage = ({ queues, registries }: WorkerParts): Promise<void> =>
  scheduleSurveys(
    queues,
    registries.flatMap(({ name, storage, gc }) => (storage ? [{ name, everyMs: gc.survey }] : [])),
  )

/** Starts the worker that surveys the storages of registries. */
export const startStorage = (parts: WorkerParts) =>
  storageWorker(
    parts.context,
    surveysOf(parts, {
      ...{ garbage: knownGarbageOf(parts, parts.announce), leases: leasesOf(parts) },
      enqueueReconcile: parts.enqueueReconcile,
    }),
  )

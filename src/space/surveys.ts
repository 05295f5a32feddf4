import type { RegistryStorage } from '../storage/storage.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { storedJson } from '../store/stored-json.ts'
import { makeBlobTrash } from './blob-trash.ts'
import { emptyTrash } from './empty-trash.ts'
import { freeSeenSegments } from './free-segments.ts'
import { reportOf, StorageReport } from './report.ts'
import { surveySettled } from './settle.ts'
import type { Survey } from './survey.ts'
import { surveyStorage } from './survey-storage.ts'

/** Surveys of the storages of registries. The store keeps the last report of each. */
export function makeSurveys(deps: {
  store: Pick<ObjectStore, 'get' | 'put'>
  /** `undefined` of a registry whose storage Tallyman cannot reach. */
  storageOf: (registry: string) => RegistryStorage | undefined
  /** The project of a repository, `registry/path`. */
  projectIdOf: (place: { registry: string; repository: string }) => string
  /** How long the trash keeps what a collection took away, in ms. */
  trashMsOf: (registry: string) => number
  /** Whether a collection of a registry is under way. */
  isCollecting: (registry: string) => Promise<boolean>
  /** Whether Tallyman may delete segments of a registry's Swift that no object uses. */
  maySegmentsGo: (registry: string) => boolean
  /** Told of segments that were deleted, in bytes and objects, and of why they were not. */
  onSegmentsFreed?: (registry: string, freed: { objects: number; bytes: number }) => void
  onError?: (registry: string, error: unknown) => void
  /** Told of digests that were put back. */
  onPutBack?: (registry: string, digests: ReadonlySet<string>) => Promise<void>
  /** Told how many blobs that manifests name are missing, if there are more than at the last survey. */
  onMissing?: (registry: string, blobs: number) => Promise<unknown>
  /** epoch ms */
  now: () => number
  /** Told of each survey. */
  onSurveyed?: (survey: Survey, report: StorageReport) => Promise<void>
}) {
  const keyOf = (registry: string): string => `storage-reports/${registry}.json`

  const last = async (registry: string): Promise<StorageReport | undefined> =>
    storedJson(StorageReport, await deps.store.get(keyOf(registry)))

  return {
    /** The last report; `undefined` before the first survey, or if it cannot be read. */
    last,

    /**
     * Also puts back what images lack and a collection took away, and deletes for good what was taken long enough ago. Nothing is
     * deleted if a manifest cannot be read, since it may name anything; nor if a collection was under way at the beginning: it
     * may still take away what it has copied to the trash, and this survey cannot know what comes to need it.
     * `signal` ends the look. @throws Error if its storage is not configured, and whatever the storage throws
     */
    async survey(registry: string, signal?: AbortSignal): Promise<{ survey: Survey; report: StorageReport }> {
      const storage = deps.storageOf(registry)
      if (storage === undefined) throw new Error(`no storage is configured for the registry "${registry}"`)
      const at = deps.now()
      const isCollecting = await deps.isCollecting(registry)
      const projectOf = (repository: string) => deps.projectIdOf({ registry, repository })
      const trash = makeBlobTrash(storage)
      const { survey, putBack } = await surveySettled(trash, () =>
        surveyStorage(storage, { projectOf, signal }),
      )
      if (putBack.size > 0) await deps.onPutBack?.(registry, putBack)
      const keepMs = deps.trashMsOf(registry)
      const mayEmpty = !isCollecting && survey.unreadable.length === 0
      if (mayEmpty && survey.parts.trash.objects > 0) await emptyTrash(trash, at - keepMs)
      if (mayEmpty && deps.maySegmentsGo(registry) && storage.freeSegments !== undefined)
        await freeSeenSegments({ store: deps.store, registry, storage, segments: survey.segments, at }).then(
          (freed) => freed && freed.objects > 0 && deps.onSegmentsFreed?.(registry, freed),
          // What a survey found is worth more than this.
          (error) => deps.onError?.(registry, error),
        )
      const report = reportOf(survey, { registry, place: storage.place, at, now: deps.now() })
      const missingBefore = (await last(registry))?.missing.count ?? 0
      await deps.store.put(keyOf(registry), JSON.stringify(report))
      if (report.missing.count > missingBefore) await deps.onMissing?.(registry, report.missing.count)
      await deps.onSurveyed?.(survey, report)
      return { survey, report }
    },
  }
}
export type Surveys = ReturnType<typeof makeSurveys>

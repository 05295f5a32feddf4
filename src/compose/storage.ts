import { storageWorker } from '../../workers/storage.ts'
import { makeSurveys } from '../space/surveys.ts'
import { projectId } from '../usage/project.ts'
import type { Parts } from './parts.ts'
import { registryStorage } from './registry-storage.ts'
import type { WorkerParts } from './worker-parts.ts'

/** Makes what surveys the storages of registries. */
export function surveysOf({ registries, store, projectOf }: Parts) {
  const storages = new Map(
    registries.flatMap((registry) => {
      const { name, storage } = registry
      return storage ? [[name, registryStorage(storage, registry)] as const] : []
    }),
  )
  return makeSurveys({
    ...{ store, now: Date.now, storageOf: (registry) => storages.get(registry) },
    projectIdOf: ({ registry, repository }) => projectId(registry, projectOf(registry, repository)),
  })
}

/** Starts the worker that surveys the storages of registries. */
export const startStorage = (parts: WorkerParts) => storageWorker(parts.context, surveysOf(parts))

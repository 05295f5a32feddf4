import type { Finding } from '../doctor/finding.ts'
import { runChecks } from '../doctor/run-checks.ts'
import { type RegistryMetrics, readCacheRequests } from '../doctor/storage/cache-requests.ts'
import { lookAtStorage, type ServedImage } from '../doctor/storage/look-at-storage.ts'
import { storageFindings } from '../doctor/storage/storage-findings.ts'
import { shareFor } from '../platform/share-for.ts'
import { repositoryNames } from '../registry/repository-names.ts'
import type { Surveys } from '../space/surveys.ts'
import { asking } from './attempt.ts'
import type { ReachedRegistry } from './registry-client.ts'
import { registryStorage } from './registry-storage.ts'
import { storageInspector } from './storage-inspector.ts'

/** For how long findings are given again, in ms: each look makes some 50 requests to the store. */
const FRESH_MS = 10_000

/** How long a look may take, in ms. */
const LOOK_MS = 60_000

/** Repositories in which an image is looked for. */
const LOOKED_AT = 5

/** The metrics tell whether the registry has a cache. */
type Examined = ReachedRegistry & { metrics?: RegistryMetrics | undefined }

/** Makes what looks at the storages of registries: by the name of one, which has a storage. */
export function makeStorageDoctor(registries: readonly ReachedRegistry[], surveys: Pick<Surveys, 'last'>) {
  const looks = new Map(
    registries.map((registry) => [registry.name, shareFor(FRESH_MS, () => look(registry, surveys))] as const),
  )
  return async (registry: string): Promise<Finding[]> => {
    const findings = looks.get(registry)
    if (findings === undefined) throw new Error(`registry "${registry}" is not configured`)
    return findings()
  }
}

async function look(registry: Examined, surveys: Pick<Surveys, 'last'>): Promise<Finding[]> {
  const { name, storage } = registry
  if (storage === undefined) throw new Error(`no storage is configured for the registry "${name}"`)
  const run = async () =>
    storageFindings(
      await lookAtStorage({
        ...{ registry: name, type: storage.type, now: Date.now },
        storage: registryStorage(storage, registry),
        inspector: await storageInspector(storage, registry),
        served: () => servedImage(registry),
        refusesDeletes: (repository) => asking(registry, (client) => client.refusesDeletes(repository)),
        cacheRequests: () =>
          readCacheRequests({ registry: name, metrics: registry.metrics, reach: registry.reach }),
        lastSurvey: () => surveys.last(name),
        trashMs: registry.gc.barrier === undefined ? undefined : registry.gc.trash,
      }),
    )
  return runChecks([{ name: `storage of ${name}`, run }], LOOK_MS)
}

/** Some image that the registry serves. A cache is not asked for images: it would fetch them. */
async function servedImage(registry: ReachedRegistry): Promise<ServedImage | undefined> {
  if (registry.type === 'cache') throw new Error('it is a cache, which would fetch what it is asked for')
  const names = repositoryNames(registry)
  return asking(registry, async (client) => {
    let looked = 0
    for await (const repository of names?.() ?? client.catalog()) {
      for await (const tag of client.tags(repository)) {
        const found = await client.headManifest(repository, tag)
        if (found !== undefined) return { repository, tag, digest: found.digest }
        break
      }
      if (++looked === LOOKED_AT) break
    }
    return undefined
  })
}

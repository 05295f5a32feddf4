import type { StorageFacts } from '../../../src/doctor/storage/facts.ts'
import { lookAtStorage } from '../../../src/doctor/storage/look-at-storage.ts'
import { storageFindings } from '../../../src/doctor/storage/storage-findings.ts'
import type { StorageInspector } from '../../../src/storage/settings/storage-settings.ts'
import type { RegistryStorage } from '../../../src/storage/storage.ts'

export const DIGEST = `sha256:${'ab'.repeat(32)}`
export const BLOB = `docker/registry/v2/blobs/sha256/ab/${'ab'.repeat(32)}/data`
export const LINK = 'docker/registry/v2/repositories/team/app/_manifests/tags/v1/current/link'

/** What the doctor finds in a storage of a registry that serves the manifest `DIGEST` and has no fault of its own. */
export async function examine(
  type: StorageFacts['type'],
  storage: RegistryStorage,
  inspector: StorageInspector,
  digest = DIGEST,
) {
  const facts = await lookAtStorage({
    ...{ registry: 'ci', type, storage, inspector, now: Date.now },
    served: async () => ({ repository: 'team/app', tag: 'v1', digest }),
    refusesDeletes: async () => false,
    cacheRequests: async () => ({ value: 0 }),
    lastSurvey: async () => undefined,
  })
  const findings = storageFindings(facts).filter(({ rule }) => rule !== 'old-uploads')
  return {
    findings,
    facts,
    short: findings.map(({ level, rule, sure }) => `${level} ${rule} (${sure})`),
    text: findings.map(({ what, fix }) => `${what}; ${fix}`).join('\n'),
  }
}

/** Writes what a registry with one image has, by `put`. */
export async function fill(put: (key: string, bytes: Buffer) => Promise<unknown>): Promise<void> {
  await put(BLOB, Buffer.from('a manifest'))
  await put(LINK, Buffer.from(DIGEST))
}

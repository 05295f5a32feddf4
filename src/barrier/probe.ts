import { randomBytes } from 'node:crypto'
import type { RegistryClient } from '../registry/client.ts'
import { classify } from '../storage/classify.ts'
import { blobKey, layerLink, layersOf, REPOSITORIES } from '../storage/layout.ts'
import type { RegistryStorage } from '../storage/storage.ts'
import type { Barrier } from './barrier.ts'

/** How often a registry is asked for the same: several servers may answer behind one address. */
const TIMES = 8

/** A repository that nobody has. */
const NOBODYS = 'tallyman-probe'

/**
 * Tries whether requests at a registry's address pass through the gate.
 * @throws Error if they do not: then nothing would hold a push back
 */
export async function probeGate(
  barrier: Pick<Barrier, 'seen'>,
  client: Pick<RegistryClient, 'headBlob' | 'refusesPushes'>,
): Promise<void> {
  const digest = `sha256:${randomBytes(32).toString('hex')}`
  // Whether the registry lets us look and push there is of no interest: the gate is asked before.
  await client.headBlob(NOBODYS, digest).catch(() => {})
  await client.refusesPushes(NOBODYS).catch(() => {})
  const seen = await barrier.seen()
  if (!seen?.hasAskedFor(digest))
    throw new Error(
      'a HEAD of a blob did not pass through the gate: the proxy must ask Tallyman for it, and `gc.barrier.url` must be the address of the proxy',
    )
  if (!seen.repositories.has(NOBODYS))
    throw new Error(
      'the upload of a manifest did not pass through the gate: the proxy must ask Tallyman for it',
    )
}

/** Whether a registry remembers blobs that its storage has not any more; `not known`: nobody could try. */
export type Memory = 'forgets' | 'remembers' | 'not known'

/**
 * Tries whether a registry remembers blobs that its storage has not any more (`storage.cache.blobdescriptor` of distribution). It
 * links a blob to a repository that nobody has, asks for it there, takes the link away, and asks again. A registry that
 * remembers would answer "it is there" to pushes of what was collected, and store manifests without their blobs.
 * @throws Error if the registry does not see what is in the storage: it is another registry's
 */
export async function probeMemory(
  storage: RegistryStorage,
  client: Pick<RegistryClient, 'headBlob'>,
): Promise<Memory> {
  const found = await someLink(storage)
  if (found === undefined) return 'not known'
  const { repository, digest } = found
  const link = layerLink(NOBODYS, digest)
  const isThere = async () => (await client.headBlob(NOBODYS, digest)) !== undefined
  if (!(await storage.copy(layerLink(repository, digest), link))) return 'not known'
  try {
    for (let n = 0; n < TIMES; n++)
      if (!(await isThere()))
        throw new Error(
          `the registry does not see what was written to ${storage.place}, or may not be asked for the repository ${NOBODYS}: is this its storage?`,
        )
    await storage.delete([link])
    for (let n = 0; n < TIMES; n++) if (await isThere()) return 'remembers'
    return 'forgets'
  } finally {
    // In a folder, the folders of the repository go as well.
    const parents = [
      link,
      `${layersOf(NOBODYS)}sha256/-`,
      `${layersOf(NOBODYS)}-`,
      `${REPOSITORIES}${NOBODYS}/-`,
    ]
    for (const key of parents) await storage.delete([key])
  }
}

/** A blob that is there and linked to a repository. */
async function someLink(storage: RegistryStorage) {
  for await (const { key } of storage.list(REPOSITORIES)) {
    const found = classify(key)
    if (found.is === 'layer' && (await storage.head(blobKey(found.digest))) !== undefined) return found
  }
  return undefined
}

import { randomBytes } from 'node:crypto'
import type { RegistryClient } from '../registry/client.ts'
import { classify } from '../storage/classify.ts'
import { layerLink, REPOSITORIES } from '../storage/layout.ts'
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

/** What a registry makes of a blob that is taken from it: it forgets it, it remembers it, or nobody could try. */
export type Memory = 'forgets' | 'remembers' | 'not known'

/**
 * Tries whether a registry remembers blobs that its storage has not any more (`storage.cache.blobdescriptor` of distribution). It
 * asks for a blob that no manifest names, takes away the link of its repository for a moment, and asks again. Such a registry
 * would answer "it is there" to pushes of what was collected, and store manifests without their blobs.
 * @throws Error if the registry does not see what is in the storage: it is another registry's
 */
export async function probeMemory(
  storage: RegistryStorage,
  client: Pick<RegistryClient, 'headBlob'>,
  { garbage, aside }: { garbage: ReadonlySet<string>; aside: string },
): Promise<Memory> {
  const found = await linkedGarbage(storage, garbage)
  if (found === undefined) return 'not known'
  const { repository, digest } = found
  const link = layerLink(repository, digest)
  const isThere = async () => (await client.headBlob(repository, digest)) !== undefined
  for (let n = 0; n < TIMES; n++)
    if (!(await isThere()))
      throw new Error(
        `the registry does not have the blob ${digest} of ${repository} that is in ${storage.place}: is this its storage?`,
      )
  if (!(await storage.copy(link, aside))) return 'not known'
  try {
    await storage.delete([link])
    for (let n = 0; n < TIMES; n++) if (await isThere()) return 'remembers'
    return 'forgets'
  } finally {
    await storage.copy(aside, link)
    await storage.delete([aside])
  }
}

async function linkedGarbage(storage: RegistryStorage, garbage: ReadonlySet<string>) {
  for await (const { key } of storage.list(REPOSITORIES)) {
    const found = classify(key)
    if (found.is === 'layer' && garbage.has(found.digest)) return found
  }
  return undefined
}

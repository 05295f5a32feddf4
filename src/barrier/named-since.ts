import pMap from 'p-map'
import { makeNamedBy } from '../space/named-by.ts'
import { classify } from '../storage/classify.ts'
import { layersOf, REPOSITORIES, revisionsOf } from '../storage/layout.ts'
import type { RegistryStorage } from '../storage/storage.ts'

/** Repositories that are listed, and manifests that are read, at a time. */
const AT_ONCE = { concurrency: 8 }

/**
 * What repositories have come to need since a time: the blobs that were linked since, the manifests that were, and all that
 * these manifests name, also through others. It looks at the times of the links: a registry writes a link anew for each
 * upload, mount and push, also of what it has.
 */
export async function namedSince(
  storage: Pick<RegistryStorage, 'list'>,
  {
    repositories,
    since,
    get,
  }: {
    /** `undefined`: all of them. */
    repositories: Iterable<string> | undefined
    /** epoch ms, by the clock of the store */
    since: number
    /** Reads an object, also one of which only the trash has the content. */
    get: RegistryStorage['get']
  },
): Promise<{ digests: Set<string>; unreadable: string[] }> {
  const digests = new Set<string>()
  const unreadable: string[] = []
  const manifests = new Map<string, string>()
  const namedBy = makeNamedBy(get)

  async function look(prefix: string) {
    for await (const { key, modifiedAt } of storage.list(prefix)) {
      const found = classify(key)
      if (modifiedAt.getTime() < since) continue
      if (found.is === 'layer') digests.add(found.digest)
      if (found.is === 'revision') manifests.set(found.digest, found.repository)
    }
  }

  async function read([digest, repository]: [string, string]): Promise<void> {
    const { manifest, named } = await namedBy(digest, repository)
    digests.add(digest).add(manifest)
    if (named === undefined) unreadable.push(digest)
    const children: [string, string][] = []
    for (const one of named ?? []) {
      if (one.isChild && !digests.has(one.digest)) children.push([one.digest, repository])
      digests.add(one.digest)
    }
    for (const child of children) await read(child)
  }

  const places =
    repositories === undefined
      ? [REPOSITORIES]
      : [...repositories].flatMap((name) => [layersOf(name), revisionsOf(name)])
  await pMap(places, look, AT_ONCE)
  await pMap(manifests, read, AT_ONCE)
  return { digests, unreadable }
}

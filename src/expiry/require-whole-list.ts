import pMap from 'p-map'
import type { RegistryClient } from '../registry/client.ts'
import { isUnreadable, RegistryError } from '../registry/registry-error.ts'
import { isReferrerTag } from './relations.ts'

/** Tags that are looked up at a time. */
const AT_ONCE = 8

/**
 * Checks that a list of the tags of a repository lacks none that the registry has, as far as the index knows: a proxy may drop the
 * link to the next page, or answer from an old cache, and then any tag may be missing. `told`: the tags that the index has.
 * Tags of signatures do not count: registries may hide them. @throws RegistryError if a tag is missing
 */
export async function requireWholeList(
  client: Pick<RegistryClient, 'tags' | 'headManifest'>,
  { registry, repository }: { registry: string; repository: string },
  listed: readonly string[],
  told: readonly string[],
): Promise<void> {
  const isThere = (tag: string) =>
    client.headManifest(repository, tag).then(
      (at) => at !== undefined,
      (error) => {
        if (isUnreadable(error)) return false
        throw error
      },
    )
  const known = new Set(listed)
  const missing = told.filter((tag) => !known.has(tag) && !isReferrerTag(tag))
  const there = await pMap(missing, isThere, { concurrency: AT_ONCE })
  const found = missing.filter((_, n) => there[n])
  if (found.length === 0) return
  // They may have been pushed since the list was made.
  for await (const tag of client.tags(repository)) known.add(tag)
  const lost = found.find((tag) => !known.has(tag))
  if (lost !== undefined)
    throw new RegistryError({
      ...{ registry, operation: `GET tags ${repository}` },
      reason: `its list of tags lacks ${lost}, which it has: any tag may be missing`,
    })
}

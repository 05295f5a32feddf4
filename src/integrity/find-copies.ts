import type { RegistryClient } from '../registry/client.ts'
import { RegistryError } from '../registry/registry-error.ts'
import { type DamagedContent, IN_TRASH } from './broken-alert.ts'

/** Copies that are named, and places that are asked, for one content; and repositories whose trash is looked into. */
const MOST = { named: 3, asked: 30, trashes: 5 }

interface Place {
  registry: string
  repository: string
}

/**
 * Makes what finds whole copies of a content in other configured registries. Candidates are where its images were promoted to,
 * where the index knows it, and repositories of the same name. A place counts if it gives a byte of the content, or, of a
 * manifest, all of it. Places that cannot be asked are passed over.
 */
export function makeFindCopies(deps: {
  clientOf: (registry: string) => Pick<RegistryClient, 'readsBlob' | 'getManifest'>
  registries: readonly string[]
  /** Repositories of a registry that the index knows to have a blob. */
  repositoriesWith: (registry: string, digest: string) => Promise<string[]>
  /** Whether the trash of expiry has a manifest of a repository. */
  isTrashed: (image: Place & { digest: string }) => Promise<boolean>
  /** Where promotion rules copy a tagged image to. */
  promotedTo: (image: Place & { tag: string }) => Place[]
}) {
  async function has({ registry, repository }: Place, { damage }: DamagedContent): Promise<boolean> {
    const client = deps.clientOf(registry)
    try {
      if (damage.part === 'manifest' || damage.part === 'child')
        return (await client.getManifest(repository, damage.digest)) !== undefined
      return await client.readsBlob(repository, damage.digest)
    } catch (error) {
      if (error instanceof RegistryError) return false
      throw error
    }
  }

  async function* candidates(registry: string, { damage, images }: DamagedContent): AsyncGenerator<Place> {
    for (const { repository, tags } of images)
      for (const tag of tags.slice(0, 3)) yield* deps.promotedTo({ registry, repository, tag })
    for (const other of deps.registries) {
      if (other === registry) continue
      for (const repository of await deps.repositoriesWith(other, damage.digest))
        yield { registry: other, repository }
      for (const { repository } of images.slice(0, 5)) yield { registry: other, repository }
    }
    // The content may be in the storage, and only the link of this repository is gone.
    for (const repository of await deps.repositoriesWith(registry, damage.digest))
      yield { registry, repository }
  }

  async function isInTrash(registry: string, { damage, images }: DamagedContent): Promise<boolean> {
    if (damage.part !== 'manifest' && damage.part !== 'child') return false
    const repositories = new Set(images.map(({ repository }) => repository).slice(0, MOST.trashes))
    for (const repository of repositories)
      if (await deps.isTrashed({ registry, repository, digest: damage.digest })) return true
    return false
  }

  /** As `registry/repository`; the first may be `IN_TRASH`. */
  return async function findCopies(registry: string, content: DamagedContent): Promise<string[]> {
    const found = new Set<string>()
    if (await isInTrash(registry, content)) found.add(IN_TRASH)
    const asked = new Set<string>()
    for await (const place of candidates(registry, content)) {
      const name = `${place.registry}/${place.repository}`
      if (asked.has(name)) continue
      if (found.size === MOST.named || asked.size === MOST.asked) break
      asked.add(name)
      if (await has(place, content)) found.add(name)
    }
    return [...found]
  }
}
export type FindCopies = ReturnType<typeof makeFindCopies>

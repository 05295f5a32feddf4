import type { ObjectStore } from '../store/object-store.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'

/** An image that was deleted while others that belong to it were still there. */
interface DeletedParent {
  policy: string
  image: IndexedImage
}

/** An image that an earlier run has deleted, and when, by the clock of the store; epoch µs. */
export interface GoneImage extends IndexedImage {
  goneAt: number
}

/**
 * Remembers deleted parents until all that belongs to them is deleted, too. Once the index has forgotten an index image,
 * nothing else tells that its children were to go with it: a run that was killed or failed in between would leave them
 * behind for ever. The objects are `expiry-families/<registry>/<repository>/<digest>.json`.
 */
export function makeFamilies(store: ObjectStore) {
  const keyOf = (registry: string, { repository, digest }: Pick<IndexedImage, 'repository' | 'digest'>) =>
    `expiry-families/${registry}/${repository}/${digest}.json`
  return {
    /** Is written before the parent is deleted. */
    note: (registry: string, deleted: DeletedParent): Promise<void> =>
      store.put(keyOf(registry, deleted.image), JSON.stringify(deleted)),

    /**
     * The parents whose policies have these names, by repository. What belongs to a parent goes with it: no other policy may
     * take it while the one that deleted the parent is in plan mode.
     */
    async of(registry: string, isOurs: (policy: string) => boolean): Promise<Map<string, GoneImage[]>> {
      const images: GoneImage[] = []
      for await (const { key, modifiedAt } of store.list(`expiry-families/${registry}/`)) {
        const body = await store.get(key)
        const noted: DeletedParent | undefined = body && JSON.parse(body.toString())
        if (noted !== undefined && isOurs(noted.policy))
          images.push({ ...noted.image, goneAt: modifiedAt.getTime() * 1000 })
      }
      return Map.groupBy(images, ({ repository }) => repository)
    },

    /** Of an image that has nothing left that belongs to it, or is there again. */
    forget: (registry: string, image: Pick<IndexedImage, 'repository' | 'digest'>): Promise<void> =>
      store.delete(keyOf(registry, image)),
  }
}
export type Families = ReturnType<typeof makeFamilies>

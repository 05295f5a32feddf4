import pMap from 'p-map'
import { isDigest } from '../registry/digest.ts'
import { classify } from '../storage/classify.ts'
import { blobKey, TRASH } from '../storage/layout.ts'
import type { RegistryStorage } from '../storage/storage.ts'

/** An object in the trash. */
export interface Trashed {
  key: string
  /** The collection that put it there: it begins with the time of it. */
  run: string
  /** `undefined`: it is no blob. */
  digest: string | undefined
  /** bytes */
  size: number
}

/** A blob in the trash. */
export interface TrashedBlob extends Trashed {
  digest: string
}

/** Copies that are made at a time. */
const COPIES = { concurrency: 16 }

/** Keys that one call deletes. */
const DELETED_AT_ONCE = 1_000

/** The id of a collection that begins at `now` (epoch ms). It is a folder of the trash, and tells the time in words. */
export const runAt = (now: number, unique: string): string =>
  `${new Date(now).toISOString().replaceAll(':', '-')}_${unique}`

/** When a collection began, by its id. epoch ms; NaN if it is none of ours */
export const timeOfRun = (run: string): number =>
  Date.parse(run.split('_', 1)[0]?.replace(/T(\d\d)-(\d\d)-/, 'T$1:$2:') ?? '')

/**
 * Where blobs are that a collection took from the registry: in the same store, outside of what the registry looks at. What is
 * there is what a listing says; nothing else records it. A blob is put back by a copy, which no client ever sees half done.
 */
export function makeBlobTrash(storage: RegistryStorage) {
  const keyOf = (run: string, digest: string): string => `${TRASH}${run}/${digest.replace(':', '/')}`

  /** All that is there. What is no blob was left by copies that were killed. */
  async function* all(run?: string): AsyncGenerator<Trashed> {
    for await (const { key, size } of storage.list(run === undefined ? TRASH : `${TRASH}${run}/`)) {
      const [name = '', algorithm, hex, ...more] = key.slice(TRASH.length).split('/')
      const digest = `${algorithm}:${hex}`
      const isBlob = more.length === 0 && isDigest(digest)
      yield { key, run: name, size, digest: isBlob ? digest : undefined }
    }
  }

  async function* list(run?: string): AsyncGenerator<TrashedBlob> {
    for await (const { digest, ...one } of all(run)) if (digest !== undefined) yield { ...one, digest }
  }

  async function remove(keys: readonly string[]): Promise<void> {
    for (let from = 0; from < keys.length; from += DELETED_AT_ONCE)
      await storage.delete(keys.slice(from, from + DELETED_AT_ONCE))
  }

  return {
    ...{ all, list, remove },

    /** Copies blobs into it, given with their bytes; the registry keeps them. Yields each that is there, whole, afterwards. */
    async *copyIn(run: string, sizes: ReadonlyMap<string, number>) {
      await pMap(sizes.keys(), (digest) => storage.copy(blobKey(digest), keyOf(run, digest)), COPIES)
      for await (const { digest, size } of list(run)) if (sizes.get(digest) === size) yield digest
    },

    /** Reads an object of the registry, also one of which only this collection has the content. */
    getFrom:
      (run: string): RegistryStorage['get'] =>
      async (key, limit) => {
        const found = await storage.get(key, limit)
        if (found !== undefined) return found
        const one = classify(key)
        return one.is === 'blob' ? storage.get(keyOf(run, one.digest), limit) : undefined
      },

    /** Gives a blob back to the registry. @returns whether it is there now; false if the trash has it no more */
    async putBack(run: string, digest: string): Promise<boolean> {
      if ((await storage.head(blobKey(digest))) !== undefined) return true
      return storage.copy(keyOf(run, digest), blobKey(digest))
    },

    /** Deletes for good. */
    forget: (run: string, digests: readonly string[]): Promise<void> =>
      remove(digests.map((digest) => keyOf(run, digest))),
  }
}

/** The trash for whoever only looks: as if it were empty, so that nothing is put back. */
export const NO_TRASH: Pick<ReturnType<typeof makeBlobTrash>, 'list' | 'putBack'> = {
  async *list() {},
  putBack: async () => false,
}
export type BlobTrash = ReturnType<typeof makeBlobTrash>

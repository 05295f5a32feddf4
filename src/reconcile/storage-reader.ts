import { pMapIterable } from 'p-map'
import { isRepositoryName } from '../registry/name.ts'
import { classify } from '../storage/classify.ts'
import { BLOBS, DATA, REPOSITORIES, REPOSITORY_FOLDERS, ROOT, revisionKey } from '../storage/layout.ts'
import type { StoreView } from '../store/folder-view.ts'
import type { ReadingFailure, RegistryReader, RepositoryReading } from './reading.ts'
import { mayContainLater, mergeRepositories } from './repository-order.ts'
import { type BlobSizes, readRepository } from './storage-repository.ts'

/** Repositories read at a time, each with up to 16 objects at a time. */
const REPOSITORIES_AT_ONCE = { concurrency: 4, backpressure: 4 }
/** Folders listed at a time while repositories are searched. */
const FOLDERS_AT_ONCE = { concurrency: 16, backpressure: 16 }

/**
 * Reads distribution's storage: `docker/registry/v2/…` are keys of `store`. `place` names the storage in errors. Nothing
 * is written, so the store's own `check` is not used: it writes.
 */
export function makeStorageReader({ store, place }: { store: StoreView; place: string }): RegistryReader {
  /** What the last reading has listed. */
  let counted: { blobs: number; bytes: number } | undefined

  async function check(): Promise<void> {
    const folders = await store.folders(ROOT).catch((cause) => {
      throw new Error(`cannot read ${place}: ${String(cause)}`, { cause })
    })
    if (!folders.includes('repositories/'))
      throw new Error(
        `no ${REPOSITORIES.slice(0, -1)} below ${place}: is this the registry's rootdirectory, and has anything been pushed yet?`,
      )
  }

  /** The repositories in the folder `path` ('' or ending in '/') and below it, in order. `folders` are in `path`. */
  async function* repositoriesIn(
    path: string,
    folders: readonly string[],
    after: string | undefined,
  ): AsyncGenerator<string | ReadingFailure> {
    const isRepository = folders.some((folder) => REPOSITORY_FOLDERS.includes(folder))
    // The repository itself comes where its own folders sort: at `_`.
    const foldersBefore = folders.filter((folder) => folder < '_')
    const foldersAfter = folders.filter((folder) => folder > '_' && !folder.startsWith('_'))
    yield* repositoriesBelow(path, foldersBefore, after)
    if (isRepository && path !== '') yield path.slice(0, -1)
    yield* repositoriesBelow(path, foldersAfter, after)
  }

  async function* repositoriesBelow(path: string, folders: readonly string[], after: string | undefined) {
    const paths = folders
      .map((folder) => path + folder)
      .filter((inner) => isRepositoryName(inner.slice(0, -1)) && mayContainLater(inner, after))
    const open = async (inner: string) => ({ inner, found: await foldersOf(inner) })
    for await (const { inner, found } of pMapIterable(paths, open, FOLDERS_AT_ONCE))
      if (Array.isArray(found)) yield* repositoriesIn(inner, found, after)
      else yield found
  }

  const foldersOf = (path: string): Promise<string[] | ReadingFailure> =>
    store.folders(REPOSITORIES + path).catch((error) => ({
      failure: `cannot list the repositories in ${REPOSITORIES}${path} of ${place}: ${String(error)}`,
    }))

  async function* repositories(after: string | undefined): AsyncGenerator<string | ReadingFailure> {
    const folders = await foldersOf('')
    if (Array.isArray(folders)) yield* repositoriesIn('', folders, after)
    else yield folders
  }

  async function read(repository: string, blobs: BlobSizes): Promise<RepositoryReading | ReadingFailure> {
    try {
      const reading = await readRepository(store, repository, blobs)
      // If the whole storage went away meanwhile, for example unmounted, each repository looks empty.
      if (reading.manifests.length === 0 || reading.tags.length === 0) await check()
      return reading
    } catch (error) {
      return { repository, failure: error instanceof Error ? error.message : String(error) }
    }
  }

  /** Listed once for a whole reading: a HEAD for each blob of each repository would cost far more. */
  async function listBlobs(): Promise<Map<string, number>> {
    const sizes = new Map<string, number>()
    for (const algorithm of await store.folders(BLOBS))
      for (const prefix of await store.folders(BLOBS + algorithm))
        for await (const { key, size } of store.inFolders(BLOBS + algorithm + prefix, DATA)) {
          const found = classify(key)
          if (found.is === 'blob') sizes.set(found.digest, size)
        }
    return sizes
  }

  async function* readAll(options: Parameters<RegistryReader['read']>[0]) {
    const blobs = await listBlobs()
    counted = countOf(blobs)
    yield* pMapIterable(
      mergeRepositories(repositories(options.after), options.expected, options.after),
      (item) => ('failure' in item ? item : read(item.repository, blobs)),
      REPOSITORIES_AT_ONCE,
    )
  }

  return {
    method: 'storage',
    check,
    answersForUpstream: async () => false,
    read: readAll,
    holds: async (repository, digest) => (await store.head(revisionKey(repository, digest))) !== undefined,
    countBlobs: async () => counted ?? countOf(await listBlobs()),
    gitlabSize: async () => undefined,
  }
}

const countOf = (sizes: ReadonlyMap<string, number>) => ({
  blobs: sizes.size,
  bytes: sizes.values().reduce((sum, size) => sum + size, 0),
})

import { inOrder } from '../platform/in-order.ts'
import { isRepositoryName } from '../registry/name.ts'
import type { StoreView } from '../store/folder-view.ts'
import type { ReadingFailure, RegistryReader } from './reading.ts'
import { mergeRepositories, reachesPast } from './repository-order.ts'
import { BLOBS, DATA, REPOSITORIES, REPOSITORY_FOLDERS, ROOT } from './storage-layout.ts'
import { readRepository } from './storage-repository.ts'

/** Repositories read at a time, besides the one that is waited for; each reads up to 16 objects at once. */
const REPOSITORIES_AHEAD = 3
/** Folders listed at a time while looking for repositories. */
const FOLDERS_AHEAD = 15

/**
 * Reads distribution's storage, in which `docker/registry/v2/…` are keys of `store`. `place` is how an operator calls it.
 * Only reads: the store's own `check` would write.
 */
export function makeStorageReader({ store, place }: { store: StoreView; place: string }): RegistryReader {
  async function check(): Promise<void> {
    const folders = await store.folders(ROOT).catch((cause) => {
      throw new Error(`cannot read ${place}: ${String(cause)}`, { cause })
    })
    if (!folders.includes('repositories/'))
      throw new Error(`no ${REPOSITORIES.slice(0, -1)} below ${place}: is this the registry's rootdirectory?`)
  }

  /** The repositories below `path` ('' or ending in '/'), in whose folders are `folders`, in order. */
  async function* repositoriesIn(
    path: string,
    folders: readonly string[],
    after: string | undefined,
  ): AsyncGenerator<string | ReadingFailure> {
    const isRepository = folders.some((folder) => REPOSITORY_FOLDERS.includes(folder))
    const above = folders.filter((folder) => folder < '_')
    const below = folders.filter((folder) => folder > '_' && !folder.startsWith('_'))
    yield* openEach(path, above, after)
    if (isRepository && path !== '') yield path.slice(0, -1)
    yield* openEach(path, below, after)
  }

  async function* openEach(path: string, folders: readonly string[], after: string | undefined) {
    const wanted = folders
      .map((folder) => path + folder)
      .filter((each) => isRepositoryName(each.slice(0, -1)) && reachesPast(each, after))
    const open = async (each: string) => ({ each, inside: await foldersOf(each) })
    for await (const { each, inside } of inOrder(wanted, FOLDERS_AHEAD, open))
      if (Array.isArray(inside)) yield* repositoriesIn(each, inside, after)
      else yield inside
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

  async function read(repository: string) {
    try {
      const reading = await readRepository(store, repository)
      // A storage that went away meanwhile looks just as empty.
      if (reading.manifests.length === 0 || reading.tags.length === 0) await check()
      return reading
    } catch (error) {
      return { repository, failure: error instanceof Error ? error.message : String(error) }
    }
  }

  return {
    method: 'storage',
    check,
    read: ({ after, known }) =>
      inOrder(mergeRepositories(repositories(after), known, after), REPOSITORIES_AHEAD, async (item) =>
        'failure' in item ? item : read(item.repository),
      ),

    async stored() {
      let [blobs, bytes] = [0, 0]
      for (const algorithm of await store.folders(BLOBS))
        for (const start of await store.folders(BLOBS + algorithm))
          for await (const { size } of store.inFolders(BLOBS + algorithm + start, DATA)) {
            blobs++
            bytes += size
          }
      return { blobs, bytes }
    },
  }
}

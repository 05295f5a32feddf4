import { type Dirent, lstatSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { copyFile, link, mkdir, open, rename, rm, rmdir, unlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { infoOf, isAbsent } from '../store/file-info.ts'
import { makeFolderView } from '../store/folder-view.ts'
import { ROOT, TRASH } from './layout.ts'
import type { HiddenObject, RegistryStorage, StoredObject } from './storage.ts'

/** Files that are looked at between two breaks for other work. */
const FILES_IN_A_TURN = 100

/**
 * A registry's `filesystem` driver: keys are files below `path`. Reading is synchronous, with breaks (see makeFolderView).
 * A symbolic link to a folder is followed.
 */
export function makeFolderStorage({ path }: { path: string }): RegistryStorage {
  const root = resolve(path)
  const at = (key: string) => inside(root, key)
  /** Folders of others that we may not read, as `lost+found`. They are told, and fail no survey. */
  const closed = new Map<string, string>()
  let looked = 0
  async function takeBreak() {
    if (++looked % FILES_IN_A_TURN === 0) await nextTurn()
  }

  /** The objects in `folder` ('' or ending in '/') and below it, whose key starts with `prefix` and comes after `after`. */
  async function* walk(folder: string, prefix: string, after: string): AsyncGenerator<StoredObject> {
    const paths = readableEntries(folder)
      .map((entry) => folder + entry.name + (isFolder(join(root, folder), entry) ? '/' : ''))
      .filter((key) => key.startsWith(prefix) || (key.endsWith('/') && prefix.startsWith(key)))
      .filter((key) => key > after || (key.endsWith('/') && after.startsWith(key)))
      .sort()
    for (const key of paths) {
      await takeBreak()
      if (key.endsWith('/')) yield* walk(key, prefix, after)
      else {
        const stats = statSync(join(root, key), { throwIfNoEntry: false })
        if (stats === undefined) requireNoDeadLink(join(root, key), key)
        const info = infoOf(key, stats)
        if (stats && info) yield { ...info, ...(stats.nlink > 1 && { sharing: `${stats.dev}:${stats.ino}` }) }
      }
    }
  }

  function readableEntries(folder: string): Dirent[] {
    try {
      return entriesOf(join(root, folder))
    } catch (error) {
      const isOurs = [ROOT, TRASH].some((ours) => ours.startsWith(folder) || folder.startsWith(ours))
      if (isOurs || (error as NodeJS.ErrnoException).code !== 'EACCES') throw error
      closed.set(folder, (error as Error).message)
      return []
    }
  }

  /** A folder that is missing is no empty storage: its disk may not be mounted. @throws Error if it is none */
  function beThere(): void {
    if (!statSync(root).isDirectory()) throw new Error(`${root} is no folder`)
  }

  async function ifThere<T>(found: T): Promise<T> {
    if (found === undefined) beThere()
    return found
  }
  const view = makeFolderView({ path })

  return {
    place: `the folder ${path}`,
    async *list(prefix, after = '') {
      beThere()
      yield* walk('', prefix, after)
    },
    async folders(folder) {
      beThere()
      await takeBreak()
      return entriesOf(join(root, folder))
        .filter((entry) => isFolder(join(root, folder), entry))
        .map(({ name }) => `${name}/`)
        .sort()
    },
    async *inFolders(folder, name) {
      beThere()
      yield* view.inFolders(folder, name)
    },
    head: async (key) => ifThere(await view.head(key)),
    get: async (key, limit) => ifThere(await view.get(key, limit)),
    async read(key) {
      const file = await open(at(key)).catch(undefinedIfAbsent)
      if ((await file?.stat())?.isFile()) return file?.createReadStream()
      await file?.close()
      return ifThere(undefined)
    },
    async copy(from, to) {
      const copied = `${at(to)}~copying`
      beThere()
      await mkdir(dirname(copied), { recursive: true })
      await rm(copied, { force: true })
      try {
        // A registry writes into no blob that is there (registry/storage/blobstore.go), so two names of one file are safe.
        await link(at(from), copied).catch((error: NodeJS.ErrnoException) => {
          if (isAbsent(error)) throw error
          return copyFile(at(from), copied)
        })
        await rename(copied, at(to))
        // If both are names of one file already, a rename does nothing (POSIX).
        await rm(copied, { force: true })
        return true
      } catch (error) {
        await rm(copied, { force: true })
        if (isAbsent(error)) return false
        throw error
      }
    },
    async delete(keys) {
      for (const key of keys) {
        await unlink(at(key)).catch(undefinedIfAbsent)
        // As the registry's own collector does: the folder of a blob goes with it. One that holds more stays.
        await rmdir(dirname(at(key))).catch(() => {})
      }
    },
    hidden(unlisted) {
      for (const reason of closed.values()) unlisted?.({ kinds: [], reason })
      return nothing()
    },
  }
}

async function* nothing(): AsyncGenerator<HiddenObject> {}

/** The file of a key. @throws RangeError if the key leads out of the folder */
function inside(root: string, key: string): string {
  const file = resolve(root, key)
  if (key !== '' && !key.startsWith('/') && file.startsWith(`${root}/`)) return file
  throw new RangeError(`not a key in a storage: ${JSON.stringify(key)}`)
}

/**
 * What vanished meanwhile is no error. A symbolic link that leads nowhere is, where a registry keeps what it has: a disk may not be
 * mounted, and what is on it would look as if it were deleted.
 */
function requireNoDeadLink(file: string, key: string): void {
  if (key.startsWith(ROOT) && lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink())
    throw new Error(`the symbolic link ${file} leads nowhere`)
}

const entriesOf = (folder: string): Dirent[] => {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    if (isAbsent(error)) return []
    throw error
  }
}

/** @throws Error for a symbolic link to a folder that it is in: a walk would never end */
function isFolder(folder: string, entry: Dirent): boolean {
  if (!entry.isSymbolicLink()) return entry.isDirectory()
  const file = join(folder, entry.name)
  if (!statSync(file, { throwIfNoEntry: false })?.isDirectory()) return false
  if (`${realpathSync(folder)}/`.startsWith(`${realpathSync(file)}/`))
    throw new Error(`the symbolic link ${file} leads to a folder that it is in`)
  return true
}

function undefinedIfAbsent(error: unknown): undefined {
  if (!isAbsent(error)) throw error
}

import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { assertKey, assertPrefix, isKey } from './assert-key.ts'
import { infoOf, isAbsent } from './file-info.ts'
import { makeFolderView } from './folder-view.ts'
import { type ObjectInfo, type ObjectStore, ObjectTooLarge } from './object-store.ts'
import { probe } from './probe.ts'

/** In the store's folder, so that a rename stays within one file system. No key contains a `~`. */
const UNFINISHED = '~unfinished'

/** Keeps each object as the file `path/key`. Makes the folder if it is missing. */
export function makeFolderStore(options: { path: string }): ObjectStore {
  const root = resolve(options.path)
  const view = makeFolderView(options)
  const fileOf = (key: string) => {
    assertKey(key)
    return join(root, key)
  }

  const store: Omit<ObjectStore, 'check'> = {
    async put(key, body) {
      const file = fileOf(key)
      const unfinished = join(root, UNFINISHED, randomUUID())
      try {
        await mkdir(dirname(unfinished), { recursive: true })
        await writeFile(unfinished, body, { flush: true })
        await mkdir(dirname(file), { recursive: true })
        await rename(unfinished, file)
        await syncFolders(dirname(file), root)
      } catch (error) {
        if (body instanceof Readable) body.destroy()
        await rm(unfinished, { force: true })
        throw error
      }
    },

    async get(key, limit) {
      const info = infoOf(key, await statOf(fileOf(key)))
      if (info === undefined) return undefined
      if (limit !== undefined && info.size > limit) throw new ObjectTooLarge(info.size, limit)
      return readFile(fileOf(key)).catch(undefinedIfAbsent)
    },

    async read(key) {
      const file = await open(fileOf(key)).catch(undefinedIfAbsent)
      if ((await file?.stat())?.isFile()) return file?.createReadStream()
      await file?.close()
      return undefined
    },

    async *list(prefix, after = '') {
      assertPrefix(prefix)
      yield* walk(root, prefix.slice(0, prefix.lastIndexOf('/') + 1), { prefix, after })
    },

    folders: view.folders,
    inFolders: view.inFolders,

    async head(key) {
      return infoOf(key, await statOf(fileOf(key)))
    },

    async delete(key) {
      await unlink(fileOf(key)).catch(undefinedIfAbsent)
    },
  }
  return { ...store, check: () => probe(store, `the folder ${root}`) }
}

/** The objects below `folder` ('' or ending in '/') whose key starts with `prefix` and comes after `after`. */
async function* walk(
  root: string,
  folder: string,
  which: { prefix: string; after: string },
): AsyncGenerator<ObjectInfo> {
  const { prefix, after } = which
  // A folder that `after` is in comes before it, and may hold keys that come after it.
  const paths = (await pathsIn(root, folder)).filter(
    (path) => path.startsWith(prefix) && (path > after || (path.endsWith('/') && after.startsWith(path))),
  )
  for (const path of paths) {
    if (path.endsWith('/')) yield* walk(root, path, which)
    else {
      const info = infoOf(path, await statOf(join(root, path)))
      if (info) yield info
    }
  }
}

/**
 * The paths in `folder` ('' or ending in '/') that can be in a key, in the order of their keys: the path of a folder ends
 * in '/'.
 */
async function pathsIn(root: string, folder: string): Promise<string[]> {
  const entries = (await readdir(join(root, folder), { withFileTypes: true }).catch(undefinedIfAbsent)) ?? []
  const paths: string[] = []
  for (const entry of entries) {
    if (!isKey(entry.name)) continue
    const path = folder + entry.name
    const isFolder = entry.isSymbolicLink()
      ? (await stat(join(root, path)).catch(() => undefined))?.isDirectory()
      : entry.isDirectory()
    paths.push(isFolder ? `${path}/` : path)
  }
  return paths.sort()
}

const statOf = (file: string) => stat(file).catch(undefinedIfAbsent)

/** A renamed file survives a power cut only if its folder and all folders above, up to the root, were synced. */
async function syncFolders(folder: string, root: string): Promise<void> {
  const handle = await open(folder)
  await handle.sync().finally(() => handle.close())
  if (folder !== root) await syncFolders(dirname(folder), root)
}

function undefinedIfAbsent(error: unknown): undefined {
  if (!isAbsent(error)) throw error
}

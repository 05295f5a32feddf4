import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { assertKey, assertPrefix, isKey } from './assert-key.ts'
import { makeFolderView } from './folder-view.ts'
import type { ObjectInfo, ObjectStore } from './object-store.ts'
import { probe } from './probe.ts'

/** Below the store's folder, so that a rename stays within its file system; no key contains a `~`. */
const UNFINISHED = '~unfinished'

/** Objects as files below `path`, a key being the file's path; made when missing. */
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

    async get(key) {
      return readFile(fileOf(key)).catch(undefinedIfAbsent)
    },

    async read(key) {
      const file = await open(fileOf(key)).catch(undefinedIfAbsent)
      if ((await file?.stat())?.isFile()) return file?.createReadStream()
      await file?.close()
      return undefined
    },

    async *list(prefix) {
      assertPrefix(prefix)
      yield* walk(root, prefix.slice(0, prefix.lastIndexOf('/') + 1), prefix)
    },

    folders: view.folders,
    inFolders: view.inFolders,

    async head(key) {
      return infoOf(fileOf(key), key)
    },

    async delete(key) {
      await unlink(fileOf(key)).catch(undefinedIfAbsent)
    },
  }
  return { ...store, check: () => probe(store, `the folder ${root}`) }
}

/** Below `folder` ('' or ending in '/'), whatever starts with `prefix`. */
async function* walk(root: string, folder: string, prefix: string): AsyncGenerator<ObjectInfo> {
  const paths = (await pathsIn(root, folder)).filter((path) => path.startsWith(prefix))
  for (const path of paths) {
    if (path.endsWith('/')) yield* walk(root, path, prefix)
    else {
      const info = await infoOf(join(root, path), path)
      if (info) yield info
    }
  }
}

/** What is in `folder` ('' or ending in '/') and could be in a key; a folder sorts as its name and '/', as its keys do. */
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

async function infoOf(file: string, key: string): Promise<ObjectInfo | undefined> {
  const found = await stat(file).catch(undefinedIfAbsent)
  return found?.isFile() ? { key, size: found.size, modifiedAt: found.mtime } : undefined
}

/** After a power cut a renamed file is there only if its folder was synced, and that one's folder. */
async function syncFolders(folder: string, root: string): Promise<void> {
  const handle = await open(folder)
  await handle.sync().finally(() => handle.close())
  if (folder !== root) await syncFolders(dirname(folder), root)
}

/** `a/b` is as absent when `a` is an object (ENOTDIR) as when nothing is there, and so is `a` when it is a folder (EISDIR). */
function undefinedIfAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR' && error.code !== 'EISDIR') throw error
}

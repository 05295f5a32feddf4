import { readdirSync, readFileSync, type Stats, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { assertFolder, assertKey, isKey } from './assert-key.ts'
import { infoOf, isAbsent } from './file-info.ts'
import { type ObjectStore, ObjectTooLarge } from './object-store.ts'

/** The part of a store that a reader of many small objects needs. */
export type StoreView = Pick<ObjectStore, 'folders' | 'inFolders' | 'get' | 'head'>

/** Longest time without a break for other work, in ms; a single file may exceed it. */
const SLICE_MS = 1

/**
 * Reads objects that are files below `path`, a million of them. File operations are synchronous, with breaks for other
 * work: to hand each one to Node's threads costs ten times as much as a cached `stat` (reading 100,000 manifests took
 * 48 s instead of 15 s). A file system that hangs therefore stops the process, so read a network mount in a worker
 * process of its own.
 */
export function makeFolderView(options: { path: string }): StoreView {
  const root = resolve(options.path)
  let sliceStartedAt = performance.now()
  async function takeBreak(): Promise<void> {
    if (performance.now() - sliceStartedAt < SLICE_MS) return
    await nextTurn()
    sliceStartedAt = performance.now()
  }
  const foldersIn = (path: string): string[] =>
    (undefinedIfAbsent(() => readdirSync(join(root, path), { withFileTypes: true })) ?? [])
      .filter((entry) => isKey(entry.name))
      .filter((entry) =>
        entry.isSymbolicLink() ? statOf(join(root, path, entry.name))?.isDirectory() : entry.isDirectory(),
      )
      .map(({ name }) => `${name}/`)
      .sort()

  return {
    async folders(path) {
      assertFolder(path)
      await takeBreak()
      return foldersIn(path)
    },
    async *inFolders(path, name) {
      assertFolder(path)
      assertKey(name)
      for (const folder of foldersIn(path)) {
        await takeBreak()
        const key = path + folder + name
        const info = infoOf(key, statOf(join(root, key)))
        if (info) yield info
      }
    },
    async get(key, limit) {
      assertKey(key)
      await takeBreak()
      const file = join(root, key)
      const info = infoOf(key, statOf(file))
      if (info === undefined) return undefined
      if (limit !== undefined && info.size > limit) throw new ObjectTooLarge(info.size, limit)
      return undefinedIfAbsent(() => readFileSync(file))
    },
    async head(key) {
      assertKey(key)
      await takeBreak()
      return infoOf(key, statOf(join(root, key)))
    },
  }
}

const statOf = (path: string): Stats | undefined =>
  undefinedIfAbsent(() => statSync(path, { throwIfNoEntry: false }))

function undefinedIfAbsent<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}

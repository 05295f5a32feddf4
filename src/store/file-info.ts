import type { Stats } from 'node:fs'
import type { ObjectInfo } from './object-store.ts'

/** The object that a file is; undefined if there is none, as for a folder. */
export function infoOf(key: string, stats: Stats | undefined): ObjectInfo | undefined {
  return stats?.isFile() ? { key, size: stats.size, modifiedAt: stats.mtime } : undefined
}

/** Whether the error means that there is no such object: also below a file (ENOTDIR), and for a folder (EISDIR). */
export function isAbsent(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR'
}

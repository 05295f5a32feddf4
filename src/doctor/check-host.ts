import { statfs } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { formatSize } from '../platform/units.ts'
import type { Check, Found } from './finding.ts'

/** The oldest major version of Node that Tallyman runs on (package.json, `engines`). */
const NODE = 24

/** Looks at the Node of this process. `version` is such as `24.1.0`. */
export const checkNode = (version: string): Check => ({
  name: 'node',
  run: async () =>
    Number.parseInt(version, 10) >= NODE
      ? [{ level: 'ok', what: `Node ${version}` }]
      : [
          {
            level: 'error',
            what: `Node ${version}`,
            fix: `install Node ${NODE} or later: https://nodejs.org`,
          },
        ],
})

/** Looks at the free space of folders that the service writes to. */
export const checkDisk = (folders: readonly string[]): Check => ({
  name: 'disk',
  run: () => Promise.all(folders.map(async (folder) => spaceFinding(folder, await spaceOf(folder)))),
})

/** Free bytes and all bytes of the file system that a folder is on, or will be on once it is made. */
async function spaceOf(folder: string): Promise<{ free: number; all: number }> {
  try {
    const { bavail, blocks, bsize } = await statfs(folder)
    return { free: bavail * bsize, all: blocks * bsize }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return spaceOf(dirname(resolve(folder)))
    throw error
  }
}

const GIB = 2 ** 30

/** So much is enough on a disk of any size, in bytes: Tallyman writes some GiB at most. */
const ENOUGH = 50 * GIB

/** `free` and `all` in bytes. */
export function spaceFinding(folder: string, { free, all }: { free: number; all: number }): Found {
  const what = `${folder}: ${formatSize(free)} of ${formatSize(all)} are free`
  if (free >= ENOUGH || (free >= GIB && free >= all / 20)) return { level: 'ok', what }
  return {
    level: free < GIB / 10 ? 'error' : 'warning',
    what,
    why: 'when it is full, Redis and the store refuse writes: registries get 503, and nothing is counted or deleted',
    fix: 'make room there, or move dataDir and store.path to another disk; records.keep, snapshots.keep and expiry.trash.keep say how much is kept',
  }
}

import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'

/** The longest path of a unix socket, in bytes: 107 on Linux, 103 elsewhere (unix(7), `sun_path`). */
const LONGEST = process.platform === 'linux' ? 107 : 103

/**
 * Gives a path that reaches the socket `name` in a folder, however long the folder's own path is, and a function that is
 * called when the path is no longer needed. @throws on other systems than Linux if the path is too long
 */
export function socketPath(folder: string, name: string): { path: string; close(): void } {
  const path = join(folder, name)
  if (Buffer.byteLength(path) <= LONGEST) return { path, close() {} }
  if (process.platform !== 'linux')
    throw new Error(`the path ${path} is too long for a socket (${LONGEST} bytes): set a shorter dataDir`)
  const fd = openSync(folder, 'r')
  return { path: `/proc/${process.pid}/fd/${fd}/${name}`, close: () => closeSync(fd) }
}

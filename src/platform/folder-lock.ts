import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** SQLite's code for "locked by another" (https://sqlite.org/rescode.html#busy). */
const SQLITE_BUSY = 5

/**
 * How long to try, in ms. SQLite takes its lock in several steps: of two processes that start at the same instant, each could
 * find the other half-way, and both would be refused.
 */
const WAIT_MS = 300

/**
 * Locks a folder until it is released or this process is gone. Gives the function that releases it.
 *
 * The kernel holds the lock, on the file `owner.lock`: it ends with the process, however that ends, and it is valid
 * between containers that share the folder. Node has no function for such a lock; an empty SQLite database has one.
 * @throws if another process has the lock; the error names the folder and that process
 */
export function lockFolder(folder: string): () => void {
  const owner = join(folder, 'owner.txt')
  const file = join(folder, 'owner.lock')
  const database = new DatabaseSync(file, { timeout: WAIT_MS })
  try {
    // In memory: otherwise a killed process leaves a journal behind.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (!(error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY))
      throw new Error(`${folder} cannot be locked: ${error instanceof Error ? error.message : error}`)
    throw new Error(
      `the data folder ${folder} is in use by another Tallyman (${nameIn(owner)}): stop that one first, or set another dataDir`,
    )
  }
  chmodSync(file, 0o600)
  writeFileSync(owner, `pid ${process.pid} on ${hostname()}`, { mode: 0o600 })
  return () => database.close()
}

function nameIn(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return 'its pid is not known yet'
  }
}

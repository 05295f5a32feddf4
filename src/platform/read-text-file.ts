import { readFile, stat } from 'node:fs/promises'
import { formatSize } from './units.ts'

/**
 * Reads a regular file of at most `limit` bytes as UTF-8, without a byte order mark. A FIFO or a device may have no end, so
 * neither is opened. @throws Error that says why it cannot be read
 */
export async function readTextFile(file: string, limit: number): Promise<string> {
  const info = await stat(file)
  if (info.isDirectory()) throw new Error('it is a folder')
  if (!info.isFile()) throw new Error('it is no regular file, but a FIFO, a socket or a device')
  if (info.size > limit)
    throw new Error(`it has ${formatSize(info.size)}; expected ${formatSize(limit)} at most`)
  const bytes = await readFile(file)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Error('it is not text in UTF-8')
  }
}

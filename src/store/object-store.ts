import type { Readable } from 'node:stream'

export interface ObjectInfo {
  key: string
  /** In bytes. */
  size: number
  /** Exact to the second, or better. */
  modifiedAt: Date
}

export class ObjectTooLarge extends Error {
  override readonly name = 'ObjectTooLarge'

  /** `size` and `limit` in bytes. */
  constructor(size: number, limit: number) {
    super(`it has ${size} bytes, more than ${limit}`)
  }
}

/**
 * Named objects in a folder or a bucket. A key has at most 1024 bytes and is made of segments, joined by `/`. A segment
 * has 1 to 255 characters of `[A-Za-z0-9._:@+=-]` and is neither `.` nor `..`. Any other key throws `InvalidKeyError`. No
 * key may be the folder of another (`a` beside `a/b`), since a file system cannot hold both.
 */
export interface ObjectStore {
  /** Atomic: a reader sees the old object or the whole new one. If the body fails, the old object stays. */
  put(key: string, body: Buffer | string | Readable): Promise<void>
  /** The whole object, or undefined if there is none. @throws ObjectTooLarge beyond `limit` bytes; it is not read then */
  get(key: string, limit?: number): Promise<Buffer | undefined>
  /** Like `get`, as a stream, which the caller must consume or destroy. */
  read(key: string): Promise<Readable | undefined>
  /**
   * Objects whose key starts with `prefix` (any string, not only whole segments), in byte order of keys. With `after`, only
   * those whose key comes after it; what comes before is not read.
   */
  list(prefix: string, after?: string): AsyncIterable<ObjectInfo>
  /**
   * The names of the folders in `path`, each with '/' at its end, in byte order. `path` is '' or ends in '/'. A folder
   * store also lists empty folders.
   */
  folders(path: string): Promise<string[]>
  /**
   * The objects `path` + folder + `name`, one in each folder in `path` that has it, in byte order of keys. `name` is a
   * key. A folder store looks at no other file.
   */
  inFolders(path: string, name: string): AsyncIterable<ObjectInfo>
  head(key: string): Promise<ObjectInfo | undefined>
  /** Does nothing if there is no such object. */
  delete(key: string): Promise<void>
  /** Throws an error that names the folder or bucket, unless the store can be reached, read and written. */
  check(): Promise<void>
}

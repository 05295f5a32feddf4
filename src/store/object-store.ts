import type { Readable } from 'node:stream'

export interface ObjectInfo {
  key: string
  /** bytes */
  size: number
  /** to the second, or better */
  modifiedAt: Date
}

/**
 * Named objects in a folder or a bucket. A key is segments joined by `/`, each 1 to 255 of `[A-Za-z0-9._:@+=-]` and
 * neither `.` nor `..`, together at most 1024 bytes; any other throws `InvalidKeyError`. No key may be another's
 * folder (`a` beside `a/b`): a file system cannot hold both.
 */
export interface ObjectStore {
  /** Atomic: a reader sees the old object or the new one, never half, and a body that fails leaves nothing. */
  put(key: string, body: Buffer | string | Readable): Promise<void>
  /** The whole object, or undefined if there is none. */
  get(key: string): Promise<Buffer | undefined>
  /** As `get`, streaming: the caller must consume or destroy it. */
  read(key: string): Promise<Readable | undefined>
  /** Objects whose key starts with `prefix` (any string, not only whole segments), in byte order of keys. */
  list(prefix: string): AsyncIterable<ObjectInfo>
  /**
   * The folders in `path`, which is '' or ends in '/', each as its name and '/', in byte order. Folders of files may
   * hold no object.
   */
  folders(path: string): Promise<string[]>
  /**
   * The object `name`, a key, of each folder in `path` that has one, in byte order of keys: what `list(path)` finds,
   * less all else, which a folder store does not even look at.
   */
  inFolders(path: string, name: string): AsyncIterable<ObjectInfo>
  head(key: string): Promise<ObjectInfo | undefined>
  /** Deleting what is not there is fine. */
  delete(key: string): Promise<void>
  /** Throws an error naming the path or bucket unless it can be reached and written. */
  check(): Promise<void>
}

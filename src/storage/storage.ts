import type { Readable } from 'node:stream'
import type { ObjectInfo } from '../store/object-store.ts'

/**
 * What occupies space, or stands in the way of a delete, and is in no listing of objects:
 * - `version`: an older version of an object, or one of an object that was deleted, which the store keeps
 * - `marker`: the mark that an object of a versioned store was deleted; it has no bytes
 * - `upload`: a multipart upload that was neither completed nor aborted
 * - `segment`: a part of a large object of Swift that no object uses
 * - `deleted`: an object that was deleted, and that the store keeps for some time (soft delete)
 */
export const HIDDEN_KINDS = ['version', 'marker', 'upload', 'segment', 'deleted'] as const

/** An object of a listing. */
export interface StoredObject extends ObjectInfo {
  /**
   * What its bytes are, if other objects may have the same ones: hard links of a folder, copies of a large object of Swift.
   * Objects of which this is the same occupy space once.
   */
  sharing?: string
}

export interface HiddenObject extends ObjectInfo {
  kind: (typeof HIDDEN_KINDS)[number]
}

/**
 * Kinds that a store does not list, or not to this login: it may hold some. Without kinds, it is a folder of others that cannot be read.
 * `reason` is its own answer.
 */
export interface Unlisted {
  kinds: readonly HiddenObject['kind'][]
  reason: string
}

/**
 * The storage of a registry that others write to: a folder, or a bucket or container. Keys are relative to the
 * registry's `rootdirectory`, without a leading slash: `docker/registry/v2/…`, the same for each driver of distribution
 * (registry/storage/paths.go).
 *
 * Each call throws if the store cannot be reached or refuses it. A bucket or container that is missing throws; it is
 * never shown as an empty one.
 */
export interface RegistryStorage {
  /** Where it is, for people. */
  readonly place: string
  /**
   * Objects whose key starts with `prefix`, in byte order of keys, read page by page. With `after`, only those whose key
   * comes after it. Sizes are those that a reader gets, in bytes: of a large object of Swift, all of its segments.
   */
  list(prefix: string, after?: string): AsyncIterable<StoredObject>
  /** The names of the folders in `path` ('' or ending in '/'), each with '/' at its end, in byte order. */
  folders(path: string): Promise<string[]>
  /** The objects `path` + folder + `name`, one in each folder in `path` that has it, in byte order of keys. */
  inFolders(path: string, name: string): AsyncIterable<ObjectInfo>
  head(key: string): Promise<ObjectInfo | undefined>
  /** The whole object. @throws ObjectTooLarge beyond `limit` bytes; it is not read then */
  get(key: string, limit?: number): Promise<Buffer | undefined>
  /** Its content as a stream, which the caller must consume or destroy. */
  read(key: string): Promise<Readable | undefined>
  /**
   * Makes `to` the same as `from`, in the store: no byte comes here. It replaces `to`. A folder makes a hard link where it
   * can, so a copy costs no space.
   * @returns whether `from` is there
   */
  copy(from: string, to: string): Promise<boolean>
  /**
   * Deletes objects, in as few calls as the store allows. One that is not there is no error. On Swift, the segments of large
   * objects stay: other objects may have them. See `freeSegments`.
   */
  delete(keys: readonly string[]): Promise<void>
  /**
   * What occupies space and is in no listing, in no order. None for a folder. What the store refuses to list is told to
   * `unlisted`; without that, it throws.
   */
  hidden(unlisted?: (what: Unlisted) => void): AsyncIterable<HiddenObject>
  /**
   * Only of Swift: deletes segments that no object has. `keys` are those that `hidden()` yielded some hours ago. It looks
   * again, and deletes of them only those of an upload whose segments no object has still, are all in `keys`, and were all
   * written before `before`, and that has no `startedat` any more.
   *
   * The age matters since listings of Swift are late: an object that was just written may be in none. Of a blob that is being
   * pushed, or that was pushed, moved or copied a moment ago, the segments are listed, and what names them perhaps not. If one
   * is deleted, the registry does not notice: it counts a digest while it receives a blob, and reads nothing again, so it
   * keeps a blob with a hole. So `before` should be a day ago, and `keys` some hours old.
   * @returns what was deleted, in bytes and objects
   * @throws if the container keeps old versions, since those may have segments, too
   */
  freeSegments?(keys: Iterable<string>, before: Date): Promise<{ objects: number; bytes: number }>
}

/** What a store told of itself; or why it is not known: its own answer. */
export type Told<T> = { value: T } | { unknown: string }

/** A rule by which the store itself deletes or moves objects. */
export interface LifecycleRule {
  name: string
  /** It is about objects whose name, in the whole bucket, begins with one of these. */
  prefixes: readonly string[]
  /** What else an object must have, in words: `the tag a=b`. A registry writes no tags, and people may. */
  onlyWith?: string
  /**
   * - `delete`: objects, by their age or at a date
   * - `delete-versions`: old versions of a versioned bucket
   * - `abort-uploads`: multipart uploads that were not completed
   * - `move`: to another storage class
   */
  does: 'delete' | 'delete-versions' | 'abort-uploads' | 'move'
  /** Days; undefined if it goes by something else, such as a date. */
  days?: number
  /** Of `delete-versions`: so many old versions of each object stay for ever. */
  keepsNewest?: number
  /** Of `move`. */
  storageClass?: string
}

/** What makes the store keep objects that somebody deletes. */
export interface Retention {
  /** In words: `a retention policy of 30 days`. */
  how: string
  /** For how long. */
  days?: number
  /**
   * - `deletes`: the store refuses to delete and to overwrite
   * - `old-versions`: a delete works, and the old version stays
   * - `single`: nothing yet; single objects may be held
   */
  stops: 'deletes' | 'old-versions' | 'single'
}

export interface Replica {
  /** Where to, in words. */
  to: string
  prefixes: readonly string[]
  passesDeletes: boolean
  /** It is the store's own, for the loss of a region: nobody else writes there. */
  isSecondRegion?: true
}

/** `write` includes copies. */
export const PERMISSIONS = ['list', 'read', 'write', 'delete'] as const
export type Permission = (typeof PERMISSIONS)[number]

/** Settings of a bucket, container or folder. What a driver does not have is left out. */
export interface StorageSettings {
  lifecycle?: Told<readonly LifecycleRule[]>
  versioning?: Told<'on' | 'suspended' | 'off'>
  retention?: Told<readonly Retention[]>
  /** For how many days it keeps what was deleted; 0 for not at all. */
  softDelete?: Told<number>
  replication?: Told<readonly Replica[]>
  /** Bytes, and files (inodes) where they are limited. */
  space?: Told<{ freeBytes: number; bytes: number; freeFiles?: number; files?: number } | undefined>
  /** The kind of file system, if it is one that takes snapshots. */
  snapshots?: string
  /** The store's clock and ours at the same moment, in epoch ms. */
  clock?: Told<{ theirs: number; ours: number }>
  may: Partial<Record<Permission, Told<boolean>>>
}

/** What the store tells of a single object. */
export interface ObjectLook {
  key: string
  modifiedAt: Date
  /** When the store will delete it. */
  expires?: string
  /** Why the store refuses to delete it. */
  held?: string
  /** A storage class from which it cannot be read at once. */
  archived?: string
}

/** Asks what stands beside the objects of a registry's storage. No call changes anything, and none leaves an object behind. */
export interface StorageInspector {
  /** What stands before each key in the bucket: '' or ending in '/'. */
  readonly root: string
  settings(): Promise<StorageSettings>
  /** `undefined` if it is not there. */
  look(key: string): Promise<ObjectLook | undefined>
  /** Where else `docker/registry/v2` is: what the configuration should say for each place. At most some 50 requests. */
  elsewhere(): Promise<string[]>
}

/** How long an answer of a store is waited for, in ms. */
const ANSWER_MS = 10_000

/** @throws Error if there is no answer in time; whatever becomes of the question */
async function inTime<T>(ms: number, ask: () => Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`no answer in ${ms / 1000} s`)), ms)
  try {
    return await Promise.race([ask(), late])
  } finally {
    clearTimeout(timer)
  }
}

/** Asks a store, and takes an error, and no answer in time, as an answer. `absent` gives a value for the error that says that nothing is set. */
export async function told<T>(
  ask: () => Promise<T>,
  absent: (error: unknown) => { value: T } | undefined = () => undefined,
  limitMs = ANSWER_MS,
): Promise<Told<T>> {
  try {
    return { value: await inTime(limitMs, ask) }
  } catch (error) {
    return absent(error) ?? { unknown: reasonOf(error) }
  }
}

/** Errors of SDKs often have a name that says more than their message. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const [message = ''] = error.message.split('\n')
  const isNamed = error.name !== 'Error' && !message.includes(error.name)
  return isNamed
    ? `${error.name}${message === 'UnknownError' || message === '' ? '' : `: ${message}`}`
    : message
}

/** A key that no registry and no other program has, for requests that are to fail. */
export const NOBODYS_KEY = () => `tallyman-doctor/${crypto.randomUUID()}`

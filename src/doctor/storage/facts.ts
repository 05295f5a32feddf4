import type { ObjectLook, StorageSettings, Told } from '../../storage/settings/storage-settings.ts'
import type { Found, SURE } from '../finding.ts'

/** An image that the registry serves, and what its storage has of it. */
export interface Served {
  image: string
  digest: string
  isStored: boolean
  /** Whether a listing shows what can be read. */
  isListed: boolean
}

/** Of the last survey of the storage. */
export interface Surveyed {
  at: string
  versions: { objects: number; bytes: number }
  multipart: { objects: number; bytes: number }
  /** Uploads that began more than a week before; the oldest at `oldestAt`, if there is one. epoch ms */
  oldUploads: { uploads: number; bytes: number; oldestAt?: number | undefined }
}

/** What was found out about the storage of a registry. */
export interface StorageFacts {
  registry: string
  type: 'folder' | 's3' | 'swift' | 'azure' | 'gcs' | 'oss'
  place: string
  /** What stands before each key in the bucket. */
  root: string
  /** Whether `docker/registry/v2` is in it; undefined if it cannot be listed. */
  isThere: boolean | undefined
  /** Where else it is: what the configuration should say. */
  elsewhere: readonly string[]
  settings: StorageSettings
  /** Some objects of the registry. */
  looks: readonly ObjectLook[]
  /** `undefined`: the registry has no image. */
  served: Told<Served | undefined>
  /** When an upload began, by the registry's clock and by that of the store. epoch ms */
  began?: { registry: number; store: number } | undefined
  surveyed: Surveyed | undefined
  /** Whether the registry refuses to delete. `undefined`: it has no repository to ask about. */
  refusesDeletes: Told<boolean | undefined>
  /** How often the registry asked its cache of blob descriptors. */
  cacheRequests: Told<number>
  /** How long Tallyman keeps what it collects from it, in ms; undefined if it does not. */
  trashMs?: number | undefined
  /** epoch ms */
  now: number
}

/** What a rule finds; the caller adds its name. */
export type Judged = Required<Pick<Found, 'level' | 'what'>> &
  Pick<Found, 'why' | 'fix'> & { sure: (typeof SURE)[number] }

export interface StorageRule {
  /** Its name, in findings and in docs/storage-doctor.md. */
  rule: string
  judge: (facts: StorageFacts) => readonly Judged[]
}

/** The value, or undefined if it is not known or the driver does not have it. */
export const toldValue = <T>(told: Told<T> | undefined): T | undefined =>
  told !== undefined && 'value' in told ? told.value : undefined

/** Where the objects of a registry are, in the bucket. */
export const keysOf = ({ root }: StorageFacts): string => `${root}docker/registry/v2/`

/** Whether a rule for names that begin with one of `prefixes` is about objects of the registry. */
export const touches = (facts: StorageFacts, prefixes: readonly string[]): boolean =>
  prefixes.some((prefix) => prefix.startsWith(keysOf(facts)) || keysOf(facts).startsWith(prefix))

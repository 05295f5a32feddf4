import type { RegistryConfig } from '../config/schema.ts'
import type { RegistryReader } from '../reconcile/reading.ts'
import { makeStorageReader } from '../reconcile/storage-reader.ts'
import { makeFolderStorage } from '../storage/folder-storage.ts'
import { makeS3Storage } from '../storage/s3-storage.ts'
import type { RegistryStorage } from '../storage/storage.ts'
import { s3OptionsOf } from '../store/make-store.ts'

type Storage = NonNullable<RegistryConfig['storage']>

/** Where a registry's own storage is, for people. */
export const placeOfStorage = (storage: Storage): string =>
  storage.type === 'folder' ? `the folder ${storage.path}` : `the bucket ${storage.bucket}/${storage.prefix}`

/** Opens a registry's own storage as configured. */
export const registryStorage = (storage: Storage): RegistryStorage =>
  storage.type === 'folder' ? makeFolderStorage(storage) : makeS3Storage(s3OptionsOf(storage))

/** Makes the reader of a registry's own storage as configured. */
export function storageReader(storage: Storage): RegistryReader {
  const store = registryStorage(storage)
  return makeStorageReader({ store, place: store.place })
}

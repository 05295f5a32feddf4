import type { RegistryConfig } from '../config/schema.ts'
import type { RegistryReader } from '../reconcile/reading.ts'
import { makeStorageReader } from '../reconcile/storage-reader.ts'
import { makeFolderView } from '../store/folder-view.ts'
import { makeStore } from '../store/make-store.ts'

type Storage = NonNullable<RegistryConfig['storage']>

/** Where a registry's own storage is, for people. */
export const placeOfStorage = (storage: Storage): string =>
  storage.type === 'folder' ? `the folder ${storage.path}` : `the bucket ${storage.bucket}/${storage.prefix}`

/** Makes the reader of a registry's own storage as configured. */
export function registryStorage(storage: Storage): RegistryReader {
  const store = storage.type === 'folder' ? makeFolderView(storage) : makeStore(storage)
  return makeStorageReader({ store, place: placeOfStorage(storage) })
}

import type { RegistryConfig } from '../config/schema.ts'
import type { RegistryReader } from '../reconcile/reading.ts'
import { makeStorageReader } from '../reconcile/storage-reader.ts'
import { makeLazyStorage } from '../storage/lazy-storage.ts'
import { makeOssStorage } from '../storage/oss-storage.ts'
import { makeFolderView, type StoreView } from '../store/folder-view.ts'
import { makeStore } from '../store/make-store.ts'

type Storage = NonNullable<RegistryConfig['storage']>

/** Where a registry's own storage is, for people. */
export function placeOfStorage(storage: Storage): string {
  switch (storage.type) {
    case 'folder':
      return `the folder ${storage.path}`
    case 's3':
      return `the bucket ${storage.bucket}/${storage.prefix}`
    case 'azure':
      return `the container ${storage.container}/${storage.rootDirectory}`
    case 'gcs':
    case 'oss':
      return `the bucket ${storage.bucket}/${storage.rootDirectory}`
  }
}

/** Makes the reader of a registry's own storage as configured. */
export const registryStorage = (storage: Storage): RegistryReader =>
  makeStorageReader({ store: viewOf(storage), place: placeOfStorage(storage) })

function viewOf(storage: Storage): StoreView {
  switch (storage.type) {
    case 'folder':
      return makeFolderView(storage)
    case 's3':
      return makeStore(storage)
    // The SDKs of Azure and Google are loaded where they are used: most installations need neither.
    case 'azure':
      return makeLazyStorage(placeOfStorage(storage), async () => {
        const { makeAzureStorage } = await import('../storage/azure-storage.ts')
        return makeAzureStorage(storage)
      })
    case 'gcs':
      return makeLazyStorage(placeOfStorage(storage), async () => {
        const { makeGcsStorage } = await import('../storage/gcs-storage.ts')
        return makeGcsStorage(storage)
      })
    case 'oss':
      return makeOssStorage(storage)
  }
}

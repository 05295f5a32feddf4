import type { RegistryConfig } from '../config/schema.ts'
import type { RegistryReader } from '../reconcile/reading.ts'
import { makeStorageReader } from '../reconcile/storage-reader.ts'
import type { Reach } from '../registry/http-client.ts'
import { swiftAuthVersion } from '../storage/swift-auth-version.ts'
import { makeSwiftStorage } from '../storage/swift-storage.ts'
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
    case 'swift':
      return `the container ${storage.container}/${storage.prefix}`
  }
}

/** Makes the reader of a registry's own storage as configured. */
export const registryStorage = (registry: { name: string; reach: Reach }, storage: Storage): RegistryReader =>
  makeStorageReader({ store: viewOf(registry, storage), place: placeOfStorage(storage) })

function viewOf({ name, reach }: { name: string; reach: Reach }, storage: Storage): StoreView {
  switch (storage.type) {
    case 'folder':
      return makeFolderView(storage)
    case 's3':
      return makeStore(storage)
    case 'swift': {
      const { type: _, authVersion, ...swift } = storage
      // The configuration is refused if neither it nor the URL tells.
      const version = swiftAuthVersion(swift.authUrl, authVersion) ?? 3
      return makeSwiftStorage({ ...swift, registry: name, reach, authVersion: version })
    }
  }
}

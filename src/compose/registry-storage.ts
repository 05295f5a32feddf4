import type { RegistryConfig } from '../config/schema.ts'
import type { RegistryReader } from '../reconcile/reading.ts'
import { makeStorageReader } from '../reconcile/storage-reader.ts'
import type { Reach } from '../registry/http-client.ts'
import { checkedStorage } from '../storage/checked-storage.ts'
import { makeFolderStorage } from '../storage/folder-storage.ts'
import { makeLazyStorage } from '../storage/lazy-storage.ts'
import { makeOssStorage } from '../storage/oss-storage.ts'
import { makeS3Storage } from '../storage/s3-storage.ts'
import type { RegistryStorage } from '../storage/storage.ts'
import { swiftAuthVersion } from '../storage/swift-auth-version.ts'
import { makeSwiftStorage } from '../storage/swift-storage.ts'
import { s3OptionsOf } from '../store/make-store.ts'

type Storage = NonNullable<RegistryConfig['storage']>

/** Whose storage it is: errors name it, and a storage that we reach over HTTP ourselves is reached as the registry is. */
interface Owner {
  name: string
  reach: Reach
}

/** Where a registry's own storage is, for people. */
export function placeOfStorage(storage: Storage): string {
  switch (storage.type) {
    case 'folder':
      return `the folder ${storage.path}`
    case 's3':
      return `the bucket ${storage.bucket}/${storage.prefix}`
    case 'swift':
      return `the container ${storage.container}/${storage.prefix}`
    case 'azure':
      return `the container ${storage.container}/${storage.rootDirectory}`
    case 'gcs':
    case 'oss':
      return `the bucket ${storage.bucket}/${storage.rootDirectory}`
  }
}

/** Opens a registry's own storage as configured. */
export const registryStorage = (storage: Storage, owner: Owner): RegistryStorage =>
  checkedStorage(driverOf(storage, owner))

function driverOf(storage: Storage, { name, reach }: Owner): RegistryStorage {
  switch (storage.type) {
    case 'folder':
      return makeFolderStorage(storage)
    case 's3':
      return makeS3Storage(s3OptionsOf(storage))
    case 'swift': {
      // The configuration is refused if neither it nor the URL tells.
      const authVersion = swiftAuthVersion(storage.authUrl, storage.authVersion) ?? 3
      return makeSwiftStorage({ ...storage, authVersion, registry: name, reach })
    }
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

/** Makes the reader of a registry's own storage as configured. */
export function storageReader(storage: Storage, owner: Owner): RegistryReader {
  const store = registryStorage(storage, owner)
  return makeStorageReader({ store, place: store.place })
}

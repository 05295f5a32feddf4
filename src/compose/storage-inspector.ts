import type { RegistryConfig } from '../config/schema.ts'
import type { Reach } from '../registry/http-client.ts'
import { ossConnection } from '../storage/oss-storage.ts'
import { makeFolderInspector } from '../storage/settings/folder-inspector.ts'
import { makeS3Inspector } from '../storage/settings/s3-inspector.ts'
import type { StorageInspector } from '../storage/settings/storage-settings.ts'
import { makeSwiftInspector } from '../storage/settings/swift-inspector.ts'
import { swiftAuthVersion } from '../storage/swift-auth-version.ts'
import { s3OptionsOf } from '../store/make-store.ts'

type Storage = NonNullable<RegistryConfig['storage']>

/** Makes what asks for the settings of a registry's own storage. The SDKs of Azure and Google are loaded where they are used. */
export async function storageInspector(
  storage: Storage,
  { name, reach }: { name: string; reach: Reach },
): Promise<StorageInspector> {
  switch (storage.type) {
    case 'folder':
      return makeFolderInspector(storage)
    case 's3':
      return makeS3Inspector(s3OptionsOf(storage))
    case 'oss':
      return makeS3Inspector(ossConnection(storage), 'rootDirectory')
    case 'swift': {
      const authVersion = swiftAuthVersion(storage.authUrl, storage.authVersion) ?? 3
      return makeSwiftInspector({ ...storage, authVersion, registry: name, reach })
    }
    case 'azure': {
      const { makeAzureInspector } = await import('../storage/settings/azure-inspector.ts')
      return makeAzureInspector(storage)
    }
    case 'gcs': {
      const { makeGcsInspector } = await import('../storage/settings/gcs-inspector.ts')
      return makeGcsInspector(storage)
    }
  }
}

import { randomUUID } from 'node:crypto'
import { RestError } from '@azure/storage-blob'
import { codeOf, makeAzureService, undefinedIfAbsent } from '../azure-client.ts'
import { type AzureStorageOptions, azureFolderOf } from '../azure-storage.ts'
import { findRoots } from './find-roots.ts'
import {
  NOBODYS_KEY,
  type Replica,
  type Retention,
  type StorageInspector,
  type Told,
  told,
} from './storage-settings.ts'

/** Asks a container of Azure for what its blob service tells. Lifecycle rules are only in the management of the account. */
export function makeAzureInspector({
  rootDirectory,
  legacyRootPrefix,
  ...account
}: AzureStorageOptions): StorageInspector {
  const service = makeAzureService(account)
  const container = service.getContainerClient(account.container)
  const root = azureFolderOf({ rootDirectory, legacyRootPrefix })

  async function folders(path: string): Promise<string[]> {
    const names: string[] = []
    const pages = container.listBlobsByHierarchy('/', { prefix: path }).byPage({ maxPageSize: 1_000 })
    for await (const { segment } of pages) {
      for (const { name } of segment.blobPrefixes ?? []) names.push(name.slice(path.length))
      break
    }
    return names
  }

  /** A blob that has a version says that the account keeps versions. One without may be older than that setting. */
  async function versioning(): Promise<Told<'on' | 'suspended' | 'off'>> {
    for await (const { segment } of container.listBlobsFlat({ prefix: root }).byPage({ maxPageSize: 1 })) {
      const [first] = segment.blobItems
      const found = first && (await container.getBlobClient(first.name).getProperties())
      if (found?.versionId) return { value: 'on' }
      break
    }
    return { unknown: 'Azure shows it only by blobs that have versions, and the first one has none' }
  }

  return {
    root,
    async settings() {
      let clock: { theirs: number; ours: number } | undefined
      const list = await told(async () => {
        await folders(root)
        return true
      }, ifForbidden)
      const [retention, softDelete, replication, versions] = await Promise.all([
        told(async () => {
          const found = await container.getProperties()
          if (found.date !== undefined) clock = { theirs: found.date.getTime(), ours: Date.now() }
          return retentionOf(found)
        }),
        told(async () => {
          const { deleteRetentionPolicy: policy } = await service.getProperties()
          return policy?.enabled ? (policy.days ?? 1) : 0
        }),
        told(async () => {
          const { skuName = '' } = await service.getAccountInfo()
          return replicasOf(skuName)
        }),
        versioning().catch((error: Error) => ({ unknown: error.message })),
      ])
      const blob = container.getBlockBlobClient(root + NOBODYS_KEY())
      const id = Buffer.from(randomUUID()).toString('base64')
      const isThere = 'value' in list && list.value
      return {
        lifecycle: { unknown: 'Azure shows lifecycle rules only to those who manage the account' },
        ...{ versioning: versions, retention, softDelete, replication },
        ...(clock !== undefined && { clock: { value: clock } }),
        may: {
          list,
          ...(isThere && {
            // A block whose MD5 is announced wrong is not taken. The service checks the login before.
            write: await told(
              async () => {
                const transactionalContentMD5 = Buffer.alloc(16)
                await blob.stageBlock(id, 'x', 1, { transactionalContentMD5 })
                return true
              },
              (error) => ifForbidden(error) ?? ifCode(error, /^(Md5Mismatch|InvalidMd5)$/),
            ),
            delete: await told(
              async () => {
                await blob.delete()
                return true
              },
              (error) => ifForbidden(error) ?? ifCode(error, /^BlobNotFound$/),
            ),
          }),
        },
      }
    },
    async look(key) {
      const found = await container
        .getBlobClient(root + key)
        .getProperties()
        .catch(undefinedIfAbsent)
      if (found === undefined) return undefined
      const { expiresOn, legalHold, immutabilityPolicyExpiresOn: until, accessTier } = found
      const isHeld = until !== undefined && until.getTime() > Date.now()
      const held = legalHold
        ? 'a legal hold'
        : isHeld && `an immutability policy until ${until.toISOString().slice(0, 10)}`
      return {
        ...{ key, modifiedAt: found.lastModified ?? new Date(0) },
        ...(expiresOn !== undefined && { expires: expiresOn.toISOString() }),
        ...(held && { held }),
        ...(accessTier === 'Archive' && { archived: accessTier }),
      }
    },
    elsewhere: async () => (await findRoots(folders)).map(settingOf),
  }
}

/** Accounts whose data is in a second region, too, have GRS or GZRS in the name of their kind. */
const replicasOf = (skuName: string): Replica[] =>
  /G(Z?)RS/.test(skuName)
    ? [
        {
          ...{ to: `the second region of the account (${skuName})`, prefixes: [''] },
          ...{ passesDeletes: true, isSecondRegion: true },
        },
      ]
    : []

const settingOf = (root: string): string => {
  const isLegacy = root.startsWith('/')
  return `rootDirectory: '${root.replace(/^\/|\/$/g, '')}'${isLegacy ? ' and legacyRootPrefix: true' : ''}`
}

function retentionOf(found: {
  hasImmutabilityPolicy?: boolean
  hasLegalHold?: boolean
  isImmutableStorageWithVersioningEnabled?: boolean
}): Retention[] {
  return [
    ...(found.hasLegalHold ? [{ how: 'a legal hold on the container', stops: 'deletes' as const }] : []),
    ...(found.hasImmutabilityPolicy
      ? [{ how: 'an immutability policy of the container', stops: 'deletes' as const }]
      : []),
    ...(found.isImmutableStorageWithVersioningEnabled
      ? [{ how: 'immutability of single versions, which blobs may have', stops: 'single' as const }]
      : []),
  ]
}

const ifForbidden = (error: unknown): { value: boolean } | undefined =>
  error instanceof RestError && error.statusCode === 403 ? { value: false } : undefined

const ifCode = (error: unknown, code: RegExp): { value: boolean } | undefined =>
  error instanceof RestError && code.test(codeOf(error) ?? '') ? { value: true } : undefined

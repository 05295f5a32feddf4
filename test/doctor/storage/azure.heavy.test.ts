import { randomUUID } from 'node:crypto'
import {
  BlobServiceClient,
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AZURITE_ACCOUNT, hasAzurite, startAzurite } from '../../../lab/azurite.ts'
import { makeAzureStorage } from '../../../src/storage/azure-storage.ts'
import { makeAzureInspector } from '../../../src/storage/settings/azure-inspector.ts'
import { examine, fill } from './storage-bed.ts'

describe.runIf(hasAzurite)('the doctor of a container of Azurite', () => {
  let azurite: Awaited<ReturnType<typeof startAzurite>>
  let service: BlobServiceClient
  const credential = new StorageSharedKeyCredential(AZURITE_ACCOUNT.accountName, AZURITE_ACCOUNT.accountKey)
  beforeAll(async () => {
    azurite = await startAzurite()
    service = new BlobServiceClient(azurite.serviceUrl, credential)
  })
  afterAll(() => azurite?.close())

  /** A registry of distribution 2.x, which writes a slash before each name. */
  async function open() {
    const container = service.getContainerClient(`c${randomUUID()}`)
    await container.create()
    await fill((key, bytes) => container.getBlockBlobClient(`/${key}`).uploadData(bytes))
    const base = { container: container.containerName, rootDirectory: '', legacyRootPrefix: true }
    const withKey = { ...base, ...AZURITE_ACCOUNT, serviceUrl: azurite.serviceUrl }
    const examined = (options = withKey as Parameters<typeof makeAzureStorage>[0]) =>
      examine('azure', makeAzureStorage(options), makeAzureInspector(options))
    return { container, base, withKey, examined }
  }

  const UNTOLD = 'note not-told (not known)'

  it('says only what Azure does not tell of a healthy container, and leaves nothing behind', async () => {
    const { container, examined } = await open()
    const blobs = () =>
      Array.fromAsync(
        container.listBlobsFlat({ includeUncommitedBlobs: true, includeDeleted: true }),
        ({ name }) => name,
      )
    const before = await blobs()
    const { short, text, facts } = await examined()
    // Its account says that it has a second region.
    expect(short).toEqual(['note replication (certain)', UNTOLD, UNTOLD])
    expect(text).toContain('management-policy show')
    expect(facts.settings.may).toEqual({
      ...{ list: { value: true }, read: { value: true }, write: { value: true }, delete: { value: true } },
    })
    expect(facts.settings.clock).toBeDefined()
    expect(await blobs()).toEqual(before)
  })

  it('soft delete of the account', async () => {
    const { examined } = await open()
    const keep = (days: number) =>
      service.setProperties({
        deleteRetentionPolicy: days > 0 ? { enabled: true, days } : { enabled: false },
      })
    try {
      await keep(5)
      expect((await examined()).short).toContain('note soft-delete (certain)')
      await keep(30)
      expect((await examined()).short).toContain('warning soft-delete (certain)')
    } finally {
      await keep(0)
    }
  })

  it('a name without the slash that 2.x writes', async () => {
    const { withKey, examined } = await open()
    const { short, text } = await examined({ ...withKey, legacyRootPrefix: false })
    expect(short[0]).toBe('error no-registry-here (certain)')
    expect(text).toContain("rootDirectory: '' and legacyRootPrefix: true. There is one")
  })

  it('a signature that may only read', async () => {
    const { container, base, examined } = await open()
    const signature = generateBlobSASQueryParameters(
      {
        ...{ containerName: container.containerName, permissions: ContainerSASPermissions.parse('rl') },
        expiresOn: new Date(Date.now() + 600_000),
      },
      credential,
    )
    const connectionString = `BlobEndpoint=${azurite.serviceUrl};SharedAccessSignature=${signature}`
    const { short, text } = await examined({ ...base, connectionString })
    expect(short.filter((one) => one === 'note permissions (certain)')).toHaveLength(2)
    expect(text).toContain('our login may not write')
    expect(text).toContain('our login may not delete')
  })
})

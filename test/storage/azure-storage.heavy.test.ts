import { randomBytes, randomUUID } from 'node:crypto'
import {
  BlobServiceClient,
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AZURITE_ACCOUNT, hasAzurite, startAzurite } from '../../lab/azurite.ts'
import { makeAzureStorage } from '../../src/storage/azure-storage.ts'
import { registryStorageContract } from './contract.ts'
import { storageSurveyContract } from './survey-contract.ts'

if (!hasAzurite)
  process.stderr.write('Tests of Azure are skipped: azurite-blob is not on the path; see lab/azurite.sh\n')

describe.runIf(hasAzurite)('a registry in a container of Azurite', () => {
  let azurite: Awaited<ReturnType<typeof startAzurite>>
  let service: BlobServiceClient
  const credential = new StorageSharedKeyCredential(AZURITE_ACCOUNT.accountName, AZURITE_ACCOUNT.accountKey)
  beforeAll(async () => {
    azurite = await startAzurite()
    service = new BlobServiceClient(azurite.serviceUrl, credential)
  })
  afterAll(() => azurite?.close())

  /** An empty container; `begin` is what the driver writes before each key. */
  async function open(begin = '', options: { rootDirectory?: string; legacyRootPrefix?: boolean } = {}) {
    const name = `c${randomUUID()}`
    const container = service.getContainerClient(name)
    await container.create()
    const how = { container: name, rootDirectory: '', legacyRootPrefix: false, ...options }
    return {
      container,
      storage: makeAzureStorage({ ...AZURITE_ACCOUNT, serviceUrl: azurite.serviceUrl, ...how }),
      /** With a key or, if `permissions` are given, a shared access signature with these. */
      connected: (permissions?: string) =>
        makeAzureStorage({ ...how, connectionString: connection(name, permissions) }),
      async put(key: string, bytes: Buffer) {
        await container.getBlockBlobClient(begin + key).uploadData(bytes)
      },
      /** As the driver writes an upload. */
      async append(key: string, bytes: Buffer) {
        const blob = container.getAppendBlobClient(begin + key)
        await blob.create()
        await blob.appendBlock(bytes, bytes.length)
      },
    }
  }

  function connection(containerName: string, permissions?: string): string {
    const { accountName, accountKey } = AZURITE_ACCOUNT
    const start = `DefaultEndpointsProtocol=http;BlobEndpoint=${azurite.serviceUrl};AccountName=${accountName};`
    if (permissions === undefined) return `${start}AccountKey=${accountKey};`
    const signature = generateBlobSASQueryParameters(
      {
        containerName,
        permissions: ContainerSASPermissions.parse(permissions),
        expiresOn: new Date(Date.now() + 3_600_000),
      },
      credential,
    )
    return `BlobEndpoint=${azurite.serviceUrl};SharedAccessSignature=${signature}`
  }

  describe('as distribution 3.x writes it', () => {
    const opened = () => open('all/of it/', { rootDirectory: '/all/of it/' })
    registryStorageContract(opened)
    storageSurveyContract(opened)
  })

  describe('as distribution 2.8 writes it: with a slash before each name', () => {
    const opened = () => open('/', { legacyRootPrefix: true })
    registryStorageContract(opened)
    storageSurveyContract(opened)

    it('the other setting sees nothing', async () => {
      const { put, container } = await opened()
      await put('docker/registry/v2/x', Buffer.from('x'))
      const other = makeAzureStorage({
        ...{ ...AZURITE_ACCOUNT, serviceUrl: azurite.serviceUrl },
        ...{ container: container.containerName, rootDirectory: '', legacyRootPrefix: false },
      })
      expect(await Array.fromAsync(other.list('docker/'))).toEqual([])
      expect((await Array.fromAsync(container.listBlobsFlat())).map(({ name }) => name)).toEqual([
        '/docker/registry/v2/x',
      ])
    })
  })

  it('a container that is missing is no empty one', async () => {
    const storage = makeAzureStorage({
      ...{ ...AZURITE_ACCOUNT, serviceUrl: azurite.serviceUrl },
      ...{ container: 'missing', rootDirectory: '', legacyRootPrefix: false },
    })
    for (const act of [
      () => Array.fromAsync(storage.list('')),
      () => Array.fromAsync(storage.hidden()),
      () => storage.folders(''),
      () => storage.get('a'),
      () => storage.head('a'),
      () => storage.copy('a', 'b'),
      () => storage.delete(['a']),
    ])
      await expect(act(), String(act)).rejects.toThrow()
    await expect(storage.get('a')).rejects.toThrow('The specified container does not exist')
  })

  it('a blob of one kind is copied over a blob of another', async () => {
    const { storage, put, append } = await open()
    await append('upload', Buffer.from('appended'))
    await put('blob', Buffer.from('in blocks'))
    expect(await storage.copy('upload', 'blob')).toBe(true)
    expect((await storage.get('blob'))?.toString()).toBe('appended')
    await put('block', Buffer.from('in blocks'))
    expect(await storage.copy('block', 'upload')).toBe(true)
    expect((await storage.get('upload'))?.toString()).toBe('in blocks')
  })

  it('works with a connection string: with a key, and with a shared access signature', async () => {
    const { put, connected } = await open()
    await put('a', Buffer.from('x'))
    for (const storage of [connected(), connected('racwdl')]) {
      expect(await storage.copy('a', 'b')).toBe(true)
      expect((await storage.get('b'))?.toString()).toBe('x')
      await storage.delete(['b', 'none'])
      expect((await Array.fromAsync(storage.list(''))).map(({ key }) => key)).toEqual(['a'])
    }
    const reader = connected('rl')
    await expect(reader.delete(['a'])).rejects.toThrow(
      '1 of 1 blobs were not deleted, for example a: 403 AuthorizationPermissionMismatch',
    )
    await expect(reader.copy('a', 'b')).rejects.toThrow(/not authorized/)
    expect(await reader.head('a')).toMatchObject({ size: 1 })
  })

  it('shows blocks that nobody committed, and snapshots', async () => {
    const { storage, put, container } = await open('x/', { rootDirectory: 'x' })
    await put('empty', Buffer.alloc(0))
    await put('twice', Buffer.from('the old one'))
    await container.getBlobClient('x/twice').createSnapshot()
    await put('twice', Buffer.from('new'))
    const block = randomBytes(10_000)
    await container
      .getBlockBlobClient('x/never')
      .stageBlock(Buffer.from('1').toString('base64'), block, block.length)
    const hidden = (await Array.fromAsync(storage.hidden())).map(({ kind, key, size }) => ({
      kind,
      key,
      size,
    }))
    expect(hidden.sort((a, b) => (a.kind < b.kind ? -1 : 1))).toEqual([
      { kind: 'upload', key: 'never', size: 10_000 },
      { kind: 'version', key: 'twice', size: 11 },
    ])
    expect((await Array.fromAsync(storage.list(''))).map(({ key }) => key)).toEqual(['empty', 'twice'])
  })
})

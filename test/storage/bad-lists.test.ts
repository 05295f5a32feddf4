import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { registryStorage } from '../../src/compose/registry-storage.ts'
import { makeAzureStorage } from '../../src/storage/azure-storage.ts'
import type { RegistryStorage } from '../../src/storage/storage.ts'

/** A store that answers a list as the test says; a proxy in front of a store may, too. A short list makes garbage of what is needed. */
let answer: (n: number) => string = () => ''
let [asked, type] = [0, 'application/xml']
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': type }).end(answer(asked++))
})
beforeAll(() => once(server.listen(0, '127.0.0.1'), 'listening'))
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const PAGE = '<html><head><title>Log in</title></head><body>Who are you?</body></html>'
const xml = (text: string) => `<?xml version="1.0"?>${text}`

interface Entry {
  key: string
  size?: string
  at?: string
}
const s3Page = (entries: readonly Entry[], more = '<IsTruncated>false</IsTruncated>') =>
  xml(
    `<ListBucketResult>${more}${entries.map(({ key, size = '1', at = '2026-01-01T00:00:00Z' }) => `<Contents><Key>${key}</Key><Size>${size}</Size>${at && `<LastModified>${at}</LastModified>`}</Contents>`).join('')}</ListBucketResult>`,
  )
const s3More = (token: string) =>
  `<IsTruncated>true</IsTruncated>${token && `<NextContinuationToken>${token}</NextContinuationToken>`}`
const azurePage = (entries: readonly Entry[], next = '') =>
  xml(
    `<EnumerationResults><Blobs>${entries.map(({ key, size = '1', at = 'Thu, 01 Jan 2026 00:00:00 GMT' }) => `<Blob><Name>${key}</Name><Properties>${at && `<Last-Modified>${at}</Last-Modified>`}<Content-Length>${size}</Content-Length><BlobType>BlockBlob</BlobType></Properties></Blob>`).join('')}</Blobs><NextMarker>${next}</NextMarker></EnumerationResults>`,
  )
const gcsPage = (entries: readonly Entry[], nextPageToken?: string) =>
  JSON.stringify({
    items: entries.map(({ key, size = '1', at = '2026-01-01T00:00:00Z' }) => ({
      ...{ name: key, size, timeCreated: at || undefined },
    })),
    nextPageToken,
  })

type Config = Parameters<typeof registryStorage>[0]
const STORES = {
  s3: {
    configOf: (endpoint: string) => ({
      ...{ type: 's3', endpoint, region: 'us-east-1', bucket: 'images', prefix: '', forcePathStyle: true },
      ...{ accessKeyId: 'id', secretAccessKey: 'secret' },
    }),
    ...{ page: s3Page, more: (entries: Entry[], token: string) => s3Page(entries, s3More(token)) },
    type: 'application/xml',
  },
  azure: {
    configOf: (endpoint: string) => ({
      ...{ type: 'azure', container: 'images', rootDirectory: '', legacyRootPrefix: false },
      ...{ accountName: 'acc', accountKey: 'a2V5', serviceUrl: `${endpoint}/acc` },
    }),
    ...{ page: (entries: Entry[]) => azurePage(entries), more: azurePage, type: 'application/xml' },
  },
  gcs: {
    configOf: (endpoint: string) => ({ type: 'gcs', bucket: 'images', rootDirectory: '', endpoint }),
    ...{ page: (entries: Entry[]) => gcsPage(entries), more: gcsPage, type: 'application/json' },
  },
} as const

describe.each(Object.keys(STORES) as (keyof typeof STORES)[])('a list of %s', (name) => {
  const { configOf, page, more, type: ofStore } = STORES[name]
  const open = (answered: string = ofStore): RegistryStorage => {
    asked = 0
    type = answered
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    return registryStorage(configOf(endpoint) as unknown as Config, { name: 'ci', reach: {} })
  }
  /** Reads a list, which may never end. */
  async function read(prefix = '', answered: string = ofStore): Promise<string[]> {
    const keys: string[] = []
    for await (const { key } of open(answered).list(prefix))
      if (keys.push(key) > 20) throw new Error('it never ends')
    return keys
  }

  it('is read', async () => {
    answer = () => page([{ key: 'a' }, { key: 'b c+d%20' }])
    expect(await read()).toEqual(['a', 'b c+d%20'])
    answer = (n) => (n === 0 ? more([{ key: 'a' }], 't') : page([{ key: 'b' }]))
    expect(await read()).toEqual(['a', 'b'])
    answer = () => page([])
    expect(await read()).toEqual([])
  })

  it.each([
    ['nothing', ''],
    ['a page of a proxy', PAGE],
  ])('is not empty if the answer is %s', async (_, text) => {
    answer = () => text
    await expect(read('', 'text/html')).rejects.toThrow()
    await expect(open('text/html').folders('')).rejects.toThrow()
    answer = (n) => (n === 0 ? more([{ key: 'a' }], 't') : text)
    await expect(read('', 'text/html')).rejects.toThrow()
  })

  it('ends if the same pages come again', async () => {
    answer = () => more([{ key: 'a' }], 't')
    await expect(read()).rejects.toThrow('more follows')
    await expect(open().folders('')).rejects.toThrow('more follows')
    answer = (n) => more([{ key: 'a' }], `t${n % 2}`)
    await expect(read()).rejects.toThrow('more follows')
  })

  it.each(['-5', 'many', '1.5', '9007199254740993'])('has no object of %s bytes', async (size) => {
    answer = () => page([{ key: 'a' }, { key: 'b', size }])
    await expect(read()).rejects.toThrow('"b"')
  })

  it('has no object without a time, or of another prefix', async () => {
    answer = () => page([{ key: 'b', at: '' }])
    await expect(read()).rejects.toThrow('"b"')
    answer = () => page([{ key: 'docker/a' }, { key: 'other/b' }])
    await expect(read('docker/')).rejects.toThrow('"other/b"')
  })
})

it('a list of S3 that says that more follows, and not where, is not taken for all of it', async () => {
  const { configOf } = STORES.s3
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const storage = registryStorage(configOf(endpoint) as unknown as Config, { name: 'ci', reach: {} })
  // So answers a server that knows only the first version of this list.
  answer = () => s3Page([{ key: 'a' }], s3More(''))
  await expect(Array.fromAsync(storage.list(''))).rejects.toThrow('ListObjectsV2')
  answer = () => s3Page([{ key: 'a' }], '')
  await expect(Array.fromAsync(storage.list(''))).rejects.toThrow('ListObjectsV2')
})

it('a storage that is checked can all that its driver can', () => {
  const swift = { type: 'swift', authUrl: 'http://127.0.0.1:1/v3', container: 'c', prefix: '' }
  const storage = registryStorage(
    { ...swift, username: 'u', password: 'p', endpointType: 'public' } as unknown as Config,
    { name: 'ci', reach: {} },
  )
  expect(storage.freeSegments).toBeTypeOf('function')
})

it('a list or a small object of Azure that begins and never ends is given up', async () => {
  const hanging = createServer((_, response) => {
    response.writeHead(200, {
      ...{ 'content-type': 'application/xml', 'content-length': '1000', etag: '"1"' },
    })
    response.write('<?xml version="1.0"?><EnumerationResults>')
  })
  await once(hanging.listen(0, '127.0.0.1'), 'listening')
  try {
    const storage = makeAzureStorage({
      ...{ container: 'images', rootDirectory: '', legacyRootPrefix: false, wholeMs: 200 },
      ...{ accountName: 'acc', accountKey: 'a2V5' },
      serviceUrl: `http://127.0.0.1:${(hanging.address() as AddressInfo).port}/acc`,
    })
    for (const act of [
      () => Array.fromAsync(storage.list('')),
      () => Array.fromAsync(storage.hidden()),
      () => storage.folders(''),
      () => storage.get('a', 2_000),
    ])
      await expect(act(), String(act)).rejects.toThrow(/abort/i)
  } finally {
    hanging.closeAllConnections()
    hanging.close()
  }
})

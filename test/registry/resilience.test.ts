import { Readable } from 'node:stream'
import { expect, it, onTestFinished } from 'vitest'
import { freePort } from '../../lab/ports.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'
import { hashOf } from '../../src/registry/digest.ts'
import { makeExchanger } from '../../src/registry/exchange.ts'
import { ociError, registryThat } from './scripted-server.ts'

const DIGEST = hashOf(Buffer.from('x'))

it('sits out a 503, a 429 with Retry-After and a dropped connection', async () => {
  let n = 0
  const { client, registry } = await registryThat((_request, response) => {
    n++
    if (n === 1) return response.writeHead(503).end()
    if (n === 2) return response.writeHead(429, { 'retry-after': '1' }).end()
    if (n === 4) return response.destroy()
    return response.end('{}')
  })
  const before = performance.now()
  await client.ping()
  expect(performance.now() - before).toBeGreaterThan(1000)
  await client.ping()
  expect(registry.seen).toHaveLength(5)
})

it('tries three times and no more, and not at all when told to wait long', async () => {
  const down = await registryThat((_request, response) => response.writeHead(502).end('<html>'))
  await expect(down.client.ping()).rejects.toMatchObject({
    message: 'lab: GET ping: 502 (Bad Gateway)',
    status: 502,
    retry: true,
  })
  expect(down.registry.seen).toHaveLength(3)

  const busy = await registryThat((_request, response) =>
    response.writeHead(429, { 'retry-after': '60' }).end(ociError('TOOMANYREQUESTS', 'slow down')),
  )
  await expect(busy.client.ping()).rejects.toMatchObject({ codes: ['TOOMANYREQUESTS'], retryAfter: 60_000 })
  expect(busy.registry.seen).toHaveLength(1)
})

it('never sends a streamed body twice', async () => {
  const { client, registry } = await registryThat(({ method }, response) =>
    method === 'POST' ? response.writeHead(202, { location: 'u' }).end() : response.writeHead(503).end(),
  )
  const upload = client.uploadBlob('a', { digest: DIGEST, size: 1 }, Readable.from([Buffer.from('x')]))
  await expect(upload).rejects.toMatchObject({ status: 503, retry: true })
  expect(registry.seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'POST /v2/a/blobs/uploads/',
    `PUT /v2/a/blobs/uploads/u?digest=${DIGEST}`,
  ])
})

it('waits no longer than it has patience', async () => {
  const { registry } = await registryThat(() => {})
  const exchanger = makeExchanger({ registry: 'lab', userAgent: 'test' })
  onTestFinished(exchanger.close)
  const url = new URL(registry.url)
  await expect(
    exchanger.exchange({ method: 'GET', url, operation: 'GET slow', patience: 100 }),
  ).rejects.toMatchObject({ codes: ['UND_ERR_HEADERS_TIMEOUT'], retry: true })
})

it('says that nobody listens', async () => {
  const client = makeRegistryClient({ name: 'lab', url: `http://127.0.0.1:${await freePort()}` })
  onTestFinished(client.close)
  await expect(client.ping()).rejects.toMatchObject({
    codes: ['ECONNREFUSED'],
    status: undefined,
    retry: true,
  })
})

import { Readable } from 'node:stream'
import { expect, it, onTestFinished } from 'vitest'
import { freePort } from '../../lab/ports.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'
import { hashOf } from '../../src/registry/digest.ts'
import { makeHttpClient } from '../../src/registry/http-client.ts'
import { ociError, registryThat } from './scripted-server.ts'

const DIGEST = hashOf(Buffer.from('x'))

it('retries after a 503, a 429 with Retry-After and a dropped connection', async () => {
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
  expect(registry.requests).toHaveLength(5)
})

it('tries three times, and only once if it is told to wait long', async () => {
  const down = await registryThat((_request, response) => response.writeHead(502).end('<html>'))
  await expect(down.client.ping()).rejects.toMatchObject({
    message: 'lab: GET ping: 502 (Bad Gateway)',
    status: 502,
    retry: true,
  })
  expect(down.registry.requests).toHaveLength(3)

  const busy = await registryThat((_request, response) =>
    response.writeHead(429, { 'retry-after': '60' }).end(ociError('TOOMANYREQUESTS', 'slow down')),
  )
  await expect(busy.client.ping()).rejects.toMatchObject({ codes: ['TOOMANYREQUESTS'], retryAfter: 60_000 })
  expect(busy.registry.requests).toHaveLength(1)
})

it('never sends a streamed body twice', async () => {
  const { client, registry } = await registryThat(({ method }, response) =>
    method === 'POST' ? response.writeHead(202, { location: 'u' }).end() : response.writeHead(503).end(),
  )
  const upload = client.uploadBlob('a', { digest: DIGEST, size: 1 }, Readable.from([Buffer.from('x')]))
  await expect(upload).rejects.toMatchObject({ status: 503, retry: true })
  expect(registry.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'POST /v2/a/blobs/uploads/',
    `PUT /v2/a/blobs/uploads/u?digest=${DIGEST}`,
  ])
})

it('gives up after its timeout', async () => {
  const { registry } = await registryThat(() => {})
  const httpClient = makeHttpClient({ registry: 'lab', userAgent: 'test' })
  onTestFinished(httpClient.close)
  const url = new URL(registry.url)
  await expect(
    httpClient.send({ method: 'GET', url, operation: 'GET slow', timeoutMs: 100 }),
  ).rejects.toMatchObject({ codes: ['UND_ERR_HEADERS_TIMEOUT'], retry: true })
})

it('reports a refused connection', async () => {
  const client = makeRegistryClient({ name: 'lab', url: `http://127.0.0.1:${await freePort()}` })
  onTestFinished(client.close)
  await expect(client.ping()).rejects.toMatchObject({
    codes: ['ECONNREFUSED'],
    status: undefined,
    retry: true,
  })
})

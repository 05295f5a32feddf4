import { createServer } from 'node:net'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { freePort } from '../../lab/ports.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'
import { hashOf } from '../../src/registry/digest.ts'
import type { Limits } from '../../src/registry/limits.ts'
import { drip, ociError, registryThat } from './scripted-server.ts'

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

it('sends no content again before it knows where the upload stands, and cancels what it gives up', async () => {
  const { client, registry } = await registryThat(({ method }, response) =>
    method === 'POST' ? response.writeHead(202, { location: 'u' }).end() : response.writeHead(503).end(),
  )
  const upload = client.uploadBlob('a', { digest: DIGEST, size: 1 }, async () =>
    Readable.from([Buffer.from('x')]),
  )
  await expect(upload).rejects.toMatchObject({ status: 503, retry: true })
  // Each question is asked three times.
  const asked = new Set(registry.requests.map(({ method, path }) => `${method} ${path}`))
  expect([...asked]).toEqual([
    'POST /v2/a/blobs/uploads/',
    `PUT /v2/a/blobs/uploads/u?digest=${DIGEST}`,
    'GET /v2/a/blobs/uploads/u',
    'DELETE /v2/a/blobs/uploads/u',
  ])
  expect(registry.requests.filter(({ method }) => method === 'PUT')).toHaveLength(1)
})

const LATE = { codes: ['ETIMEDOUT'], retry: true }

it('gives up, without a quick retry, if no whole answer comes in time', async () => {
  const silent = await registryThat(() => {}, { answerMs: 500 })
  await expect(silent.client.ping()).rejects.toMatchObject({
    ...LATE,
    message: 'lab: GET ping: ETIMEDOUT (no whole answer within 0.5 s)',
  })
  expect(silent.registry.requests).toHaveLength(1)

  const dripping = await registryThat((_request, response) => drip(response), {
    answerMs: 1_000,
    longAnswerMs: 1_000,
  })
  await expect(dripping.client.getManifest('a', 'v1')).rejects.toMatchObject(LATE)
  await expect(Array.fromAsync(dripping.client.tags('a'))).rejects.toMatchObject(LATE)
  await expect(dripping.client.referrers('a', DIGEST)).rejects.toMatchObject(LATE)
})

it('waits no longer for an answer that it does not read', async () => {
  // Headers that come late would be an error: on a busy machine they may take a second.
  const dripping = await registryThat((_request, response) => drip(response), { answerMs: 5_000 })
  await dripping.client.ping()
})

const RATE = { blobRate: { bytes: 1_000, ms: 200 } }

it('ends a blob that comes too slowly, but not one that takes long', async () => {
  const dripping = await registryThat((_request, response) => drip(response), RATE)
  await expect(buffer(await dripping.client.getBlob('a', DIGEST))).rejects.toMatchObject({
    ...LATE,
    message: expect.stringContaining('fewer than 1000 bytes came through in 0.2 s'),
  })

  const content = Buffer.alloc(30_000, 'x')
  const steady = await registryThat(
    async (_request, response) => {
      for (let at = 0; at < content.length; at += 1_000) {
        response.write(content.subarray(at, at + 1_000))
        await sleep(80)
      }
      response.end()
    },
    { blobRate: { bytes: 1, ms: 2_000 }, answerMs: 2_000 },
  )
  expect(await buffer(await steady.client.getBlob('a', hashOf(content)))).toEqual(content)
})

it('does not blame the registry if the reader of a blob is slow', async () => {
  const content = Buffer.alloc(1 << 20, 'x')
  const { client } = await registryThat((_request, response) => response.end(content), RATE)
  const body = await client.getBlob('a', hashOf(content))
  await sleep(700)
  expect(await buffer(body)).toEqual(content)
})

it('ends an upload that the registry takes too slowly or does not answer', async () => {
  // Takes nothing of the body: what the buffers between do not hold stays here.
  const stuck = await unreadRegistry({ ...RATE, answerMs: 100 })
  const large = Readable.from(chunks(64 << 20))
  await expect(
    stuck.uploadBlob('a', { digest: DIGEST, size: 64 << 20 }, async () => large, {
      repository: 'a',
      url: '/u',
    }),
  ).rejects.toMatchObject({ ...LATE, message: expect.stringContaining('lab: PATCH blob') })

  const silent = await registryThat(() => {}, { longAnswerMs: 100, answerMs: 100 })
  const small = Readable.from([Buffer.from('x')])
  await expect(
    silent.client.uploadBlob('a', { digest: DIGEST, size: 1 }, async () => small, {
      repository: 'a',
      url: '/u',
    }),
  ).rejects.toMatchObject({ ...LATE, message: expect.stringContaining('no whole answer within 0.1 s') })
})

function* chunks(bytes: number) {
  for (let left = bytes; left > 0; left -= 1 << 16) yield Buffer.alloc(Math.min(left, 1 << 16))
}

/** A registry that reads no body. */
async function unreadRegistry(limits: Partial<Limits>) {
  const server = createServer((socket) => socket.pause().on('error', () => {}))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const client = makeRegistryClient({ name: 'lab', url: `http://127.0.0.1:${port}`, limits })
  onTestFinished(async () => {
    await client.close()
    server.close()
  })
  return client
}

it('reports a refused connection', async () => {
  const client = makeRegistryClient({ name: 'lab', url: `http://127.0.0.1:${await freePort()}` })
  onTestFinished(client.close)
  await expect(client.ping()).rejects.toMatchObject({
    codes: ['ECONNREFUSED'],
    status: undefined,
    retry: true,
  })
})

import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { seededBytes } from '../../lab/image.ts'
import { hashOf } from '../../src/registry/digest.ts'
import { OCI_INDEX, OCI_MANIFEST } from '../../src/registry/manifest.ts'
import { ociError, registryThat } from './scripted-server.ts'

/** Answers that registries give, or could give, and that the specification does not name. */

const MANIFEST = Buffer.from('{"schemaVersion":2}')

test.each([200, 201, 202])('a manifest is taken with status %i', async (status) => {
  const { client } = await registryThat((_, response) => response.writeHead(status).end())
  expect(await client.putManifest('a/x', 'v1', MANIFEST, OCI_MANIFEST)).toBe(hashOf(MANIFEST))
})

test.each([200, 201, 204])('a blob is taken with status %i', async (status) => {
  const content = Buffer.from('a blob')
  const { client } = await registryThat(({ method }, response) => {
    if (method === 'GET') return response.end(content)
    return response.writeHead(method === 'POST' ? 202 : status, { location: '/v2/a/x/blobs/uploads/1' }).end()
  })
  const blob = { digest: hashOf(content), size: content.length }
  await client.uploadBlob('a/x', blob, async () => Readable.from([content]))
})

test('a blob of which the registry says 200 and that it does not have is not taken for sent', async () => {
  const content = Buffer.from('a blob')
  const { client } = await registryThat(({ method }, response) => {
    const status = { POST: 202, PUT: 200, GET: 404 }[method] ?? 204
    response.writeHead(status, { location: '/v2/a/x/blobs/uploads/1' }).end()
  })
  const blob = { digest: hashOf(content), size: content.length }
  const sent = client.uploadBlob('a/x', blob, async () => Readable.from([content]))
  await expect(sent).rejects.toMatchObject({
    retry: true,
    message: expect.stringContaining('does not have it'),
  })
})

test('pages of referrers are counted in bytes: each may have one entry with a type of some MiB', async () => {
  const digest = hashOf(MANIFEST)
  const artifactType = 'x'.repeat(100_000)
  let pages = 0
  const { client } = await registryThat(
    (_, response) => {
      response.setHeader('link', `</v2/a/x/referrers/${digest}?last=${++pages}>; rel="next"`)
      const manifests = [{ mediaType: OCI_MANIFEST, digest, size: 1, artifactType }]
      response.end(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }))
    },
    { list: { pages: 1_000, entries: 1_000_000, bytes: 1_000_000, ms: 3_600_000 } },
  )
  await expect(client.referrers('a/x', digest)).rejects.toThrow('more than 1000000 bytes')
  expect(pages).toBeLessThan(20)
})

test.each([
  [
    'a token',
    'the token eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJjaSJ9.c2VjcmV0 has expired',
    'the token … has expired',
  ],
  [
    'a signed URL',
    'unknown: Get "https://s3.test/b/x?X-Amz-Credential=secret&X-Amz-Signature=secret": EOF',
    'unknown: Get "https://s3.test/b/x?…": EOF',
  ],
  ['a login in a URL', 'Get http://ci:secret@cache.test/v2/: EOF', 'Get http://…@cache.test/v2/: EOF'],
  ['a header', 'bad Authorization: Basic Y2k6c2VjcmV0', 'bad Authorization: Basic …'],
])('%s that a registry repeats in its message is not in the error', async (_, message, shown) => {
  const { client } = await registryThat((_request, response) =>
    response.writeHead(403).end(ociError('DENIED', message)),
  )
  const error = await client.getManifest('a/x', 'v1').catch((cause: Error) => cause)
  expect(String(error)).toBe(`RegistryError: lab: GET manifest a/x:v1: 403 DENIED (${shown})`)
})

test('a 404 of what stands before a registry says nothing of an image', async () => {
  const { client } = await registryThat((_, response) =>
    response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('404 page not found'),
  )
  for (const read of [client.headManifest, client.getManifest])
    await expect(read('a/x', 'v1')).rejects.toMatchObject({ retry: true })
})

test('a 404 of a registry is believed, whatever its type', async () => {
  const { client } = await registryThat(({ path }, response) => {
    if (path === '/v2/') return response.end('{}')
    return response.writeHead(404, { 'content-type': 'text/plain' }).end('no such manifest')
  })
  for (const read of [client.headManifest, client.getManifest])
    expect(await read('a/x', 'v1')).toBeUndefined()
})

test.each([
  ['text/html', true],
  ['application/json', false],
])('a 404 of type %s to an upload may pass: %s', async (type, retry) => {
  const { client } = await registryThat((_, response) =>
    response.writeHead(404, { 'content-type': type }).end('{}'),
  )
  const sent = client.uploadBlob('a/x', { digest: hashOf(MANIFEST) }, async () => Readable.from([MANIFEST]))
  await expect(sent).rejects.toMatchObject({ status: 404, retry })
})

test('a page in place of a manifest is no manifest, and may pass', async () => {
  const { client } = await registryThat((_, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>We are back soon</h1>'),
  )
  for (const read of [client.headManifest, client.getManifest])
    await expect(read('a/x', 'v1')).rejects.toMatchObject({ retry: true })
})

test('a manifest that is served as text is one', async () => {
  const { client } = await registryThat((_, response) =>
    response.writeHead(200, { 'content-type': 'text/plain' }).end(MANIFEST),
  )
  expect((await client.headManifest('a/x', 'v1'))?.digest).toBe(hashOf(MANIFEST))
})

test('a 404 in text of the storage to which a registry redirects stays', async () => {
  const storage = await registryThat((_, response) =>
    response.writeHead(404, { 'content-type': 'text/html' }).end('no such object'),
  )
  const { client } = await registryThat((_, response) =>
    response.writeHead(307, { location: `${storage.registry.url}/object` }).end(),
  )
  await expect(client.getConfig('a/x', hashOf(MANIFEST))).rejects.toMatchObject({ status: 404, retry: false })
})

/** Breaks off, and then gives at most so many bytes for each range (RFC 9110, 14.2 and 15.3.7: a part of a range is allowed). */
const inParts = (content: Buffer, most: number) =>
  registryThat(({ range }, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? -1)
    if (from < 0) {
      response.writeHead(200, { 'content-length': content.length })
      return response.write(content.subarray(0, 1_000), () => response.destroy())
    }
    const part = content.subarray(from, from + most)
    const about = `bytes ${from}-${from + part.length - 1}/${content.length}`
    return response.writeHead(206, { 'content-range': about, 'content-length': part.length }).end(part)
  })

test('a registry that gives a part of each range is asked for the rest', async () => {
  const content = seededBytes('in parts', 5_000_000)
  const { client } = await inParts(content, 1_200_000)
  expect(content.equals(await buffer(await client.getBlob('a/x', hashOf(content))))).toBe(true)
  const rest = await buffer(await client.getBlob('a/x', hashOf(content), { from: 2_000 }))
  expect(content.subarray(2_000).equals(rest)).toBe(true)
})

test('a registry that gives a few bytes of each range is not asked for ever', async () => {
  const content = seededBytes('a few', 10_000)
  const { client, registry } = await inParts(content, 10)
  await expect(buffer(await client.getBlob('a/x', hashOf(content)))).rejects.toMatchObject({ retry: true })
  expect(registry.requests.length).toBeLessThan(10)
})

test('a registry that gives no byte more ends the content with an error', async () => {
  const content = seededBytes('no more', 10_000)
  const { client } = await inParts(content, 0)
  await expect(buffer(await client.getBlob('a/x', hashOf(content)))).rejects.toThrow('does not hash')
})

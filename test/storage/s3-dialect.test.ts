import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { surveyStorage } from '../../src/space/survey-storage.ts'
import { makeS3Storage } from '../../src/storage/s3-storage.ts'

/** A server that has what OSS documents of S3: no list of versions, none of uploads, and deletes only with Content-MD5. */
const asked: { url: string; headers: IncomingMessage['headers']; body: string }[] = []
let refusal = { status: 501, code: 'NotImplemented' }
const server = createServer(async (request, response) => {
  const { url = '', headers, method } = request
  const body = await text(request)
  asked.push({ url, headers, body })
  const answer = (status: number, xml: string) =>
    response.writeHead(status).end(`<?xml version="1.0"?>${xml}`)
  if (/[?&](versions|uploads)\b/.test(url))
    return answer(
      refusal.status,
      `<Error><Code>${refusal.code}</Code><Message>not this one</Message></Error>`,
    )
  if (method === 'POST' && headers['content-md5'] === undefined)
    return answer(400, '<Error><Code>MissingArgument</Code><Message>Content-MD5</Message></Error>')
  if (method === 'POST') return answer(200, '<DeleteResult/>')
  return answer(200, '<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>')
})
const storage = () =>
  makeS3Storage({
    ...{ endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, region: 'us-east-1' },
    ...{ bucket: 'images', prefix: '/registry/', forcePathStyle: true },
    credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
  })
beforeAll(() => once(server.listen(0, '127.0.0.1'), 'listening'))
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

it('deletes carry the MD5 of their body, and it is signed', async () => {
  await storage().delete(['a', 'b & c'])
  const [{ headers, body } = { headers: {} as IncomingMessage['headers'], body: '' }] = asked.slice(-1)
  expect(body).toContain('<Key>registry/b &amp; c</Key>')
  expect(headers['content-md5']).toBe(createHash('md5').update(body).digest('base64'))
  expect(headers.authorization).toMatch(/SignedHeaders=[^,]*content-md5/)
})

it.each([
  { status: 501, code: 'NotImplemented' },
  { status: 400, code: 'InvalidArgument' },
  { status: 403, code: 'AccessDenied' },
])('a survey tells that the server does not list what is hidden: $status $code', async (given) => {
  refusal = given
  const { unlisted, parts } = await surveyStorage(storage(), { projectOf: () => 'p' })
  expect(unlisted).toEqual([
    { kinds: ['version', 'marker'], reason: `${given.code}: not this one` },
    { kinds: ['upload'], reason: `${given.code}: not this one` },
  ])
  expect(parts.version).toEqual({ objects: 0, bytes: 0 })
  // Nobody is there to be told.
  await expect(Array.fromAsync(storage().hidden())).rejects.toThrow('not this one')
})

it('a bucket that is gone is no list that is missing', async () => {
  refusal = { status: 404, code: 'NoSuchBucket' }
  await expect(Array.fromAsync(storage().hidden(() => {}))).rejects.toThrow('not this one')
})

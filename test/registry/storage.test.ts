import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterEach, expect, it } from 'vitest'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'
import { hashOf } from '../../src/registry/digest.ts'
import { type ScriptedServer, startServer } from './scripted-server.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close()
})

const CONTENT = Buffer.from('the content of a layer')
const DIGEST = hashOf(CONTENT)
const credentials = { username: 'alice', password: 'pw' }

async function serve(answer: Parameters<typeof startServer>[0]): Promise<ScriptedServer> {
  const server = await startServer(answer)
  open.push(server)
  return server
}

/** A client that has logged in. It would send its password if it sent it anywhere. */
async function loggedIn(answer: Parameters<typeof startServer>[0]): Promise<RegistryClient> {
  const registry = await serve((request, response) => {
    if (request.authorization === undefined)
      return response.writeHead(401, { 'www-authenticate': 'Basic realm="lab"' }).end()
    return request.path === '/v2/' ? response.end() : answer(request, response)
  })
  const client = makeRegistryClient({ name: 'lab', url: registry.url, credentials })
  open.push(client)
  await client.ping()
  return client
}

it('follows a redirect to the storage without credentials', async () => {
  const storage = await serve(({ path }, response) =>
    path === '/moved' ? response.end(CONTENT) : response.writeHead(302, { location: '/moved' }).end(),
  )
  const client = await loggedIn((_request, response) =>
    response.writeHead(307, { location: `${storage.url}/signed?secret=s3cret` }).end(),
  )
  expect(await buffer(await client.getBlob('team/app', DIGEST))).toEqual(CONTENT)
  expect(storage.requests.map(({ authorization }) => authorization)).toEqual([undefined, undefined])
})

it('does not log in to the target of a redirect, and quotes no signed URL', async () => {
  const storage = await serve((_request, response) =>
    response.writeHead(401, { 'www-authenticate': `Bearer realm="${storage.url}/steal"` }).end(),
  )
  const client = await loggedIn((_request, response) =>
    response.writeHead(307, { location: `${storage.url}/signed?secret=s3cret` }).end(),
  )
  const error: unknown = await client.getBlob('team/app', DIGEST).catch((reason) => reason)
  expect(error).toMatchObject({ status: 401 })
  expect(String(error)).not.toContain('s3cret')
  expect(storage.requests).toHaveLength(1)
})

it('stops after too many redirects', async () => {
  const client = await loggedIn(({ path }, response) => response.writeHead(307, { location: path }).end())
  await expect(client.getBlob('team/app', DIGEST)).rejects.toThrow('too many redirects')
})

it('sends an upload to another origin without credentials', async () => {
  const storage = await serve((_request, response) => response.writeHead(201).end())
  const client = await loggedIn((_request, response) =>
    response.writeHead(202, { location: `${storage.url}/u?state=%2Fx` }).end(),
  )
  await client.uploadBlob('team/app', { digest: DIGEST, size: CONTENT.length }, async () =>
    Readable.from([CONTENT]),
  )
  expect(storage.requests).toEqual([
    {
      method: 'PUT',
      path: `/u?state=%2Fx&digest=${DIGEST}`,
      authorization: undefined,
      body: CONTENT.toString(),
    },
  ])
})

it('fails at the end of a blob with wrong content, and when a blob breaks off', async () => {
  const wrong = await loggedIn((_request, response) => response.end('not content of a layer'))
  await expect(buffer(await wrong.getBlob('team/app', DIGEST))).rejects.toThrow(
    `lab: GET blob team/app@${DIGEST}: the content does not hash to the digest`,
  )
  const broken = await loggedIn((_request, response) => {
    response.writeHead(200, { 'content-length': CONTENT.length })
    response.write(CONTENT.subarray(0, 5))
    setTimeout(() => response.destroy(), 50)
  })
  await expect(buffer(await broken.getBlob('team/app', DIGEST))).rejects.toMatchObject({ retry: true })
})

it('fails a copy with the error of its source', async () => {
  const source = await loggedIn((_request, response) => response.end('not content of a layer'))
  const target = await loggedIn(({ method }, response) =>
    method === 'POST' ? response.writeHead(202, { location: '/u' }).end() : response.writeHead(201).end(),
  )
  const copy = target.uploadBlob('team/app', { digest: DIGEST, size: CONTENT.length }, (from) =>
    source.getBlob('team/app', DIGEST, { from }),
  )
  await expect(copy).rejects.toThrow('the content does not hash to the digest')
})

it('destroys the source if the target opens no upload', async () => {
  const target = await loggedIn((_request, response) => response.writeHead(403).end())
  const body = Readable.from([CONTENT])
  const refused = target.uploadBlob('team/app', { digest: DIGEST, size: CONTENT.length }, async () => body)
  await expect(refused).rejects.toMatchObject({ status: 403, retry: false })
  expect(body.destroyed).toBe(true)
})

it('ends the transfer when the reader stops', async () => {
  let ended = false
  const client = await loggedIn((_request, response) => {
    response.on('close', () => {
      ended = true
    })
    response.write(CONTENT)
  })
  const body = await client.getBlob('team/app', DIGEST)
  body.destroy()
  await expect.poll(() => ended).toBe(true)
})

import { createServer, type Server } from 'node:http'
import { createServer as createSocketServer } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { makeRegistryClient } from '../../src/registry/client.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

test('questions about many tags share connections', async () => {
  let connections = 0
  server = createServer((_, response) => {
    response.writeHead(200, { 'docker-content-digest': DIGEST, 'content-length': '500' }).end()
  })
  server.on('connection', () => {
    connections += 1
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const client = makeRegistryClient({
    name: 'ci',
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
  })
  for (let n = 0; n < 10; n++)
    expect(await client.headManifest('team/app', `v${n}`)).toMatchObject({ digest: DIGEST, size: 500 })
  expect(connections).toBeLessThan(3)
  await client.close()
})

test('a body after a HEAD is not taken for the next answer', async () => {
  const [real, other] = [DIGEST, `sha256:${'b'.repeat(64)}`]
  const answer = (digest: string) =>
    `HTTP/1.1 200 OK\r\ndocker-content-digest: ${digest}\r\ncontent-length: 5\r\n\r\n`
  const sockets = createSocketServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', () => socket.write(`${answer(real)}${answer(other)}`))
  })
  await new Promise<void>((resolve) => sockets.listen(0, '127.0.0.1', resolve))
  const address = sockets.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  const client = makeRegistryClient({ name: 'ci', url })
  for (let n = 0; n < 20; n++)
    expect(await client.headManifest('team/app', 'v1').catch(() => undefined)).not.toMatchObject({
      digest: other,
    })
  await client.close()
  sockets.close()
})

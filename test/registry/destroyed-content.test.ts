import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { makeRegistryClient } from '../../src/registry/client.ts'

const HOUR = 3_600_000

test('content that is destroyed ends at once, though its registry sends nothing for an hour', async () => {
  const body = Buffer.alloc(10_000)
  let isCut = false
  const server = createServer((_, response) => {
    response.on('close', () => {
      isCut = true
    })
    response.writeHead(200, { 'content-length': body.length })
    response.write(body.subarray(0, 1_000))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const client = makeRegistryClient({
    ...{ name: 'ci', url: `http://127.0.0.1:${port}` },
    limits: { blobRate: { bytes: 1, ms: HOUR } },
  })
  onTestFinished(async () => {
    await client.close()
    server.closeAllConnections()
    server.close()
  })
  const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`
  const stream = await client.getBlob('a/b', digest)
  await once(stream, 'data')
  // It asks for more, and none comes.
  await new Promise((resolve) => setImmediate(resolve))
  const closed = once(stream, 'close')
  stream.destroy()
  await closed
  await expect.poll(() => isCut).toBe(true)
})

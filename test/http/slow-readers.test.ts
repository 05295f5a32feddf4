import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { pino } from 'pino'
import { afterEach, expect, test } from 'vitest'
import { buildApp } from '../../src/http/app.ts'
import { cutSlowReaders } from '../../src/http/cut-slow-readers.ts'
import { makeProblemOf } from '../../src/http/problem.ts'

/** More than the buffers of a connection take. */
const BIG = Buffer.alloc(32 * 2 ** 20, 'x')
const PART = 2 ** 16
const GET = 'GET /parts HTTP/1.1\r\nHost: tallyman\r\n\r\n'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function open(server: Server): Promise<Socket> {
  const { port } = server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  closers.push(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** A server that answers with 32 MiB, in parts of 64 KiB. */
async function bigServer(): Promise<Server> {
  const server = createServer((_, response) => void pipeline(parts(), response).catch(() => undefined))
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  cutSlowReaders(server, { ticks: 50, bytes: PART }, 20)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

function* parts(): Generator<Buffer> {
  for (let from = 0; from < BIG.length; from += PART) yield BIG.subarray(from, from + PART)
}

test('a client that does not read its answer is cut off', async () => {
  const server = await bigServer()
  const connected = once(server, 'connection')
  const client = await open(server)
  const [socket] = (await connected) as [Socket]
  client.pause()
  client.write(GET)
  await once(socket, 'close')
})

test('a client that reads its answer gets all of it, and an idle connection stays open', async () => {
  const server = await bigServer()
  const idle = await open(server)
  const client = await open(server)
  let bytes = 0
  client.on('data', (data) => {
    bytes += data.length
  })
  client.write(GET)
  while (bytes < BIG.length) await once(client, 'data')
  expect(idle.destroyed).toBe(false)
  const answer = once(idle, 'data')
  idle.write(GET)
  expect(String((await answer)[0])).toMatch(/^HTTP\/1.1 200/)
})

async function startApp(handler: () => Promise<unknown>) {
  const log = pino({ level: 'silent' })
  const app = await buildApp({
    ...{ log, bodyLimit: 1_000, problemOf: makeProblemOf({ log, outage: { takes: () => false } }) },
    onNoRoute: () => undefined,
    routes: [async (app) => void app.get('/parts', handler)],
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  return app
}

test('a stop does not wait for a client that does not read its answer', async () => {
  const app = await startApp(async () => Readable.from(parts()))
  const client = await open(app.server)
  client.write(GET)
  await once(client, 'data')
  client.pause()
  await app.close()
})

test('a request during a stop gets 503 with Retry-After, and one that came before gets its answer', async () => {
  const { promise, resolve } = Promise.withResolvers<string>()
  const began = Promise.withResolvers<void>()
  const app = await startApp(() => {
    began.resolve()
    return promise
  })
  const [before, during] = [await open(app.server), await open(app.server)]
  const answers = [text(before), text(during)]
  before.write(GET)
  await began.promise
  const closed = app.close()
  await expect.poll(() => app.server.listening).toBe(false)
  during.write(GET)
  expect(await answers[1]).toMatch(/^HTTP\/1.1 503[\s\S]*retry-after: 1[\s\S]*"status":503/i)
  resolve('in time')
  expect(await answers[0]).toMatch(/^HTTP\/1.1 200[\s\S]*in time$/)
  await closed
})

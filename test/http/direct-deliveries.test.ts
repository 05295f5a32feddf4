import { createServer, type IncomingMessage, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type DirectDeliveries, makeDirectDeliveries } from '../../src/http/direct-deliveries.ts'
import { HttpError } from '../../src/http/problem.ts'

const TOKENS: Record<string, string> = { 'Bearer one': 'ci', 'Bearer two': 'production' }

interface Bed {
  server: Server
  direct: DirectDeliveries
  /** What was received, in order, and what of it directly. */
  all: string[]
  taken: string[]
  port: number
  /** Holds answers to direct deliveries back. */
  gate: { held?: Promise<void> }
}

/** A server that answers deliveries, with and without the direct way to it. */
async function makeBed({ isDirect = true, keepAliveMs = 72_000 } = {}): Promise<Bed> {
  const all: string[] = []
  const taken: string[] = []
  const gate: Bed['gate'] = {}
  const receive = async (registry: string, body: Buffer) => {
    all.push(`${registry} ${body.toString('latin1')}`)
    await gate.held
    if (body.includes('bad')) throw new HttpError(400, 'a bad one – “bad”')
  }
  const direct = makeDirectDeliveries({
    async receive(registry, body) {
      taken.push(`${registry} ${body.toString('latin1')}`)
      await receive(registry, body)
    },
    problemOf: (error) => ({
      status: error instanceof HttpError ? error.statusCode : 500,
      detail: error.message,
    }),
    ...{ bodyLimit: 1_000, keepAliveMs },
  })
  const server = createServer({ keepAliveTimeout: keepAliveMs }, async (request, response) => {
    const registry = TOKENS[request.headers.authorization ?? '']
    const body = await bodyOf(request)
    if (request.method !== 'POST') return void response.end('other')
    if (registry === undefined) return void response.writeHead(401).end()
    direct.learn(request, registry)
    const refusal: Error | undefined = await receive(registry, body).catch((error) => error)
    response.writeHead(refusal ? 400 : 202, { 'content-length': 0 }).end()
  })
  if (isDirect) direct.attach(server)
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  return { server, direct, taken, all, gate, port: (server.address() as AddressInfo).port }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const beds: Bed[] = []
async function startBed(options?: Parameters<typeof makeBed>[0]): Promise<Bed> {
  const bed = await makeBed(options)
  beds.push(bed)
  return bed
}
let bed: Bed
beforeEach(async () => {
  bed = await startBed()
})
afterEach(async () => {
  for (const { server, direct } of beds.splice(0)) {
    direct.close()
    server.closeAllConnections()
    server.close()
  }
})

const delivery = (body: string, { token = 'one', more = '' } = {}) =>
  `POST /v1/events HTTP/1.1\r\nHost: a\r\nUser-Agent: Go-http-client/1.1\r\nContent-Length: ${body.length}\r\nAuthorization: Bearer ${token}\r\n${more}\r\n${body}`

/** Sends pieces over one connection, and says no more; gives the answers' statuses once it is closed. */
async function exchange(port: number, ...pieces: (string | Buffer)[]): Promise<string[]> {
  const socket = open(port)
  for (const piece of pieces) {
    socket.write(piece, 'latin1')
    await new Promise(setImmediate)
  }
  socket.end()
  await new Promise((resolve) => socket.once('close', resolve))
  return statusesOf(socket)
}

const answers = new WeakMap<Socket, string[]>()
function open(port: number): Socket {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  const texts: string[] = []
  answers.set(socket, texts)
  return socket
    .setEncoding('utf8')
    .on('data', (text) => texts.push(String(text)))
    .on('error', () => {})
}
const textOf = (socket: Socket) => (answers.get(socket) ?? []).join('')
const statusesOf = (socket: Socket) =>
  [...textOf(socket).matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status ?? '')

/** Until the server has admitted one such. */
const teach = (...texts: string[]) => Promise.all(texts.map((text) => exchange(bed.port, text)))

test('what was admitted once is taken directly, with another body of another length', async () => {
  expect(await exchange(bed.port, delivery('first'))).toEqual(['202'])
  expect(await exchange(bed.port, delivery('the second'), delivery('3'))).toEqual(['202', '202'])
  expect(bed.all).toEqual(['ci first', 'ci the second', 'ci 3'])
  expect(bed.taken).toEqual(['ci the second', 'ci 3'])
})

test('one that differs in any byte of its head is left to the server', async () => {
  const known = delivery('known')
  await teach(known)
  for (const other of [
    delivery('other', { token: 'two' }),
    delivery('other', { token: 'One' }),
    delivery('other').replace('Host: a', 'Host: b'),
    delivery('other').replace('Host: a', 'host: a'),
    delivery('other').replace('Content-Length: 5', 'Content-Length: 05'),
    delivery('other').replace('Content-Length: 5', 'Content-Length:  5'),
    delivery('other', { more: 'Connection: close\r\n' }),
    delivery('other', { more: 'X-A: b\r\n' }),
  ])
    await exchange(bed.port, other)
  expect(bed.taken).toEqual([])
  expect(bed.all.length).toBe(8)
  await exchange(bed.port, known)
  expect(bed.taken).toEqual(['ci known'])
})

test('nothing is known of what was not admitted, nor of what is framed or kept otherwise', async () => {
  const chunked = delivery('', { more: 'Transfer-Encoding: chunked\r\n' }).replace(
    /Content-Length.*?\r\n/,
    '',
  )
  const others = [
    delivery('other', { token: 'three' }),
    delivery('other', { more: 'Connection: keep-alive\r\n' }),
    delivery('other', { more: 'Connection: close, X-A\r\n' }),
    delivery('other', { more: 'Expect: 100-continue\r\n' }),
    delivery('x'.repeat(2_000)),
    `${chunked}5\r\nother\r\n0\r\n\r\n`,
  ]
  for (const other of others) await teach(other, other)
  expect(bed.taken).toEqual([])
})

test.each([
  ['Connection: close', delivery('known', { more: 'Connection: close\r\n' })],
  ['HTTP/1.0', delivery('known').replace('HTTP/1.1', 'HTTP/1.0')],
])('with %s, as proxies send, it is closed after the answer', async (_, text) => {
  await teach(text)
  const socket = open(bed.port)
  socket.write(text)
  await expect.poll(() => socket.closed).toBe(true)
  expect(textOf(socket)).toContain('\r\nConnection: close\r\n')
  expect([statusesOf(socket), bed.taken]).toEqual([['202'], ['ci known']])
})

test('the connection of a sender that ends each after one request is closed with the answer', async () => {
  const text = delivery('known')
  await teach(text)
  for (let n = 0; n < 10; n++) await exchange(bed.port, text)
  const socket = open(bed.port)
  socket.write(text)
  await expect.poll(() => socket.closed).toBe(true)
  expect(textOf(socket)).toMatch(/^HTTP\/1\.1 202 Accepted\r\n[\s\S]*\r\nConnection: close\r\n/)

  // It keeps them from now on: after a while one is left open, and then all.
  const kept: Socket[] = []
  for (let n = 0; n < 80 && kept.length < 3; n++) {
    const one = open(bed.port)
    one.write(text)
    await expect.poll(() => textOf(one), { interval: 5 }).toContain('\r\n\r\n')
    if (textOf(one).includes('Connection: close')) continue
    one.write(text)
    await expect.poll(() => statusesOf(one)).toEqual(['202', '202'])
    kept.push(one)
  }
  expect(kept.length).toBe(3)
  for (const one of kept) one.destroy()
  // The second and third at once.
  expect(bed.taken.length).toBeLessThan(10 + 64 + 3 + 3)
})

test('a refusal says why, and the connection goes on', async () => {
  await teach(delivery('known'))
  const socket = open(bed.port)
  socket.write(delivery('bad'))
  await expect.poll(() => textOf(socket)).toContain('}')
  const [head = '', body = ''] = textOf(socket).split('\r\n\r\n')
  expect(head).toMatch(/^HTTP\/1\.1 400 Bad Request\r\nContent-Type: application\/problem\+json\r\n/)
  expect(head).toContain(`\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`)
  expect(JSON.parse(body)).toMatchObject({ status: 400, detail: 'a bad one – “bad”' })
  socket.write(delivery('good'))
  await expect.poll(() => statusesOf(socket)).toEqual(['400', '202'])
  socket.destroy()
})

test('a head that comes in pieces, and a body whose rest comes late, are taken all the same', async () => {
  await teach(delivery('known'))
  const text = delivery('slow')
  const [pieces, late] = [open(bed.port), open(bed.port)]
  pieces.write(text.slice(0, 40))
  late.write(text.slice(0, -2))
  await sleep(50)
  pieces.write(text.slice(40))
  await expect.poll(() => statusesOf(pieces)).toEqual(['202'])
  // By then it is the server's, which bears it no longer than it bears any.
  await sleep(4_500)
  late.write(text.slice(-2))
  await expect.poll(() => statusesOf(late)).toEqual(['202'])
  expect(bed.all).toEqual(['ci known', 'ci slow', 'ci slow'])
  expect(bed.taken).toEqual([])
  for (const socket of [pieces, late]) socket.destroy()
}, 15_000)

test('a connection that is idle for too long is ended, and one that says nothing is the server’s', async () => {
  const { port } = await startBed({ keepAliveMs: 2_000 })
  await exchange(port, delivery('known'))
  const [idle, silent] = [open(port), open(port)]
  idle.write(delivery('a'))
  await expect.poll(() => idle.closed, { timeout: 10_000 }).toBe(true)
  expect(statusesOf(idle)).toEqual(['202'])
  silent.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await expect.poll(() => statusesOf(silent)).toEqual(['200'])
  silent.destroy()
}, 15_000)

test('when it closes, what is under way is answered first, and the others end', async () => {
  await teach(delivery('known'))
  const { promise, resolve } = Promise.withResolvers<void>()
  bed.gate.held = promise
  const [busy, idle, half] = [open(bed.port), open(bed.port), open(bed.port)]
  busy.write(delivery('busy'))
  half.write(delivery('half').slice(0, -1))
  await expect.poll(() => bed.taken).toEqual(['ci busy'])
  bed.direct.close()
  const closed = new Promise((done) => bed.server.close(done))
  await expect.poll(() => idle.closed && half.closed).toBe(true)
  expect(busy.closed).toBe(false)
  resolve()
  await closed
  await expect.poll(() => busy.closed).toBe(true)
  expect(textOf(busy)).toMatch(/^HTTP\/1\.1 202 Accepted\r\n[\s\S]*\r\nConnection: close\r\n/)
})

test('a sender that is gone before its answer harms nobody', async () => {
  await teach(delivery('known'))
  const { promise, resolve } = Promise.withResolvers<void>()
  bed.gate.held = promise
  const gone = open(bed.port)
  gone.write(delivery('gone'))
  await expect.poll(() => bed.taken).toEqual(['ci gone'])
  gone.resetAndDestroy()
  await sleep(50)
  resolve()
  expect(await exchange(bed.port, delivery('next'))).toEqual(['202'])
})

test('whatever is sent, in whatever pieces: what is received and answered is what the server by itself would', async () => {
  const plain = await startBed({ isDirect: false })
  const last = delivery('end', { more: 'Connection: close\r\n' })
  await teach(delivery('known'), delivery('known', { token: 'two' }), last)
  const body = fc.oneof(
    fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 60 }),
    fc.constantFrom('bad', 'a\r\n\r\nb', delivery('inner')),
  )
  const request = fc.oneof(
    {
      weight: 5,
      arbitrary: fc
        .record({ body, token: fc.constantFrom('one', 'two', 'three') })
        .map(({ body, token }) => delivery(body, { token })),
    },
    { weight: 1, arbitrary: body.map((body) => delivery(body, { more: 'X-A: b\r\n' })) },
    { weight: 1, arbitrary: fc.constant('GET / HTTP/1.1\r\nHost: a\r\n\r\n') },
    {
      weight: 1,
      arbitrary: body.map(
        (body) =>
          delivery('', { more: 'Transfer-Encoding: chunked\r\n' }).replace(/Content-Length.*?\r\n/, '') +
          `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
      ),
    },
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(request, { minLength: 1, maxLength: 5 }),
      fc.array(fc.nat(1_000), { maxLength: 6 }),
      async (requests, cuts) => {
        const bytes = Buffer.from([...requests, last].join(''), 'latin1')
        const places = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length]
        const pieces = places.slice(1).map((end, n) => bytes.subarray(places[n], end))
        for (const { all } of [bed, plain]) all.length = 0
        const [direct, served] = await Promise.all([
          exchange(bed.port, ...pieces),
          exchange(plain.port, ...pieces),
        ])
        expect(direct).toEqual(served)
        expect(bed.all).toEqual(plain.all)
      },
    ),
    { numRuns: 300 },
  )
  expect(bed.taken.length).toBeGreaterThan(100)
}, 30_000)

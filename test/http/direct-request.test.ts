import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DirectRequest, takeBodyOf } from '../../src/http/direct-request.ts'

/** Answers each request with its body, and notes how many were begun and how many came to their end. */
const seen = { begun: 0, ended: 0 }
const server = createServer({ IncomingMessage: DirectRequest }, (request, response) => {
  const chunks: Buffer[] = []
  seen.begun++
  takeBodyOf(request, (chunk) => {
    if (chunk !== null) return void chunks.push(chunk)
    seen.ended++
    response.end(Buffer.concat(chunks))
  })
})
const port = () => (server.address() as AddressInfo).port

beforeAll(() => new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve)))
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

/** What comes back on one connection for what is sent in pieces. */
async function exchange(pieces: readonly Buffer[]): Promise<string> {
  const socket = connect({ port: port(), host: '127.0.0.1', noDelay: true })
  let answer = ''
  socket.setEncoding('latin1').on('data', (text) => {
    answer += text
  })
  for (const piece of pieces) {
    socket.write(piece)
    await new Promise(setImmediate)
  }
  await new Promise((resolve) => socket.once('close', resolve))
  return answer
}

const bodiesIn = (answer: string) =>
  answer
    .split('HTTP/1.1 ')
    .slice(1)
    .map((one) => one.slice(one.indexOf('\r\n\r\n') + 4))

const sized = (body: string, last = false) =>
  `POST / HTTP/1.1\r\nHost: a\r\n${last ? 'Connection: close\r\n' : ''}Content-Length: ${body.length}\r\n\r\n${body}`

const chunked = (body: string, last = false) => {
  const parts = body.match(/.{1,7}/gs) ?? []
  const lines = parts.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`)
  const head = `POST / HTTP/1.1\r\nHost: a\r\n${last ? 'Connection: close\r\n' : ''}Transfer-Encoding: chunked\r\n\r\n`
  return `${head}${lines.join('')}0\r\n\r\n`
}

test('bodies arrive whole, however they are sent and cut up, several on one connection', async () => {
  const body = fc.string({ unit: 'grapheme-ascii', maxLength: 60 })
  const request = fc.record({ body, isChunked: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(
      fc.array(request, { minLength: 1, maxLength: 4 }),
      fc.array(fc.nat(400), { maxLength: 6 }),
      async (requests, cuts) => {
        const last = requests.length - 1
        const bytes = Buffer.from(
          requests.map(({ body, isChunked }, n) => (isChunked ? chunked : sized)(body, n === last)).join(''),
        )
        const places = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length]
        const pieces = places.slice(1).map((end, n) => bytes.subarray(places[n], end))
        // Answers in chunks would have to be taken apart: each has its length, as `end` with one text gives it.
        expect(bodiesIn(await exchange(pieces))).toEqual(requests.map(({ body }) => body))
      },
    ),
    { numRuns: 150 },
  )
})

test('a body that is cut off comes to no end, and the server goes on', async () => {
  const before = { ...seen }
  const socket = connect({ port: port(), host: '127.0.0.1' })
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf')
  while (seen.begun === before.begun) await sleep(5)
  socket.resetAndDestroy()
  await sleep(50)
  expect(bodiesIn(await exchange([Buffer.from(sized('whole', true))]))).toEqual(['whole'])
  expect([seen.begun - before.begun, seen.ended - before.ended]).toEqual([2, 1])
})

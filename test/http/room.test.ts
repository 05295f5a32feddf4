import { connect, type Socket } from 'node:net'
import supertest from 'supertest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually, type LabTallyman, startTallyman, WEBHOOK_TOKEN } from '../../lab/tallyman.ts'

const MIB = 2 ** 20
const WEBHOOK_TOKEN_2 = 'lab-webhook-token-0003'

let tallyman: LabTallyman
let port: number
beforeAll(async () => {
  tallyman = await startTallyman({
    server: { readToken: 'r'.repeat(16), adminToken: 'a'.repeat(16), bodyLimit: '8MiB' },
    registries: {
      ci: { url: 'http://127.0.0.1:1', token: WEBHOOK_TOKEN },
      other: { url: 'http://127.0.0.1:2', token: WEBHOOK_TOKEN_2 },
    },
  })
  await tallyman.app.listen({ host: '127.0.0.1', port: 0 })
  const address = tallyman.app.server.address()
  port = typeof address === 'object' ? (address?.port ?? 0) : 0
})
afterAll(() => tallyman.close())

/** Begins a request whose body never comes. */
const begin = (length: string): Promise<Socket> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      const head = `POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${WEBHOOK_TOKEN}\r\n`
      socket.write(`${head}Content-Type: application/json\r\n${length}\r\n\r\n`, () => resolve(socket))
    })
  })

const send = async (bytes: number, token = WEBHOOK_TOKEN) => {
  const answer = await supertest(tallyman.app.server)
    .post('/v1/events')
    .set({ authorization: `Bearer ${token}`, 'content-type': 'application/json' })
    .send(JSON.stringify({ events: ['x'.repeat(bytes)] }))
  return answer.status
}

test.each([
  ['of a known length', `Content-Length: ${7 * MIB}`],
  ['of an unknown length', 'Transfer-Encoding: chunked'],
])(
  'bodies %s that do not come take the room of their registry only, until their senders go',
  async (_, length) => {
    expect(await send(7 * MIB)).toBe(202)
    const sockets = [await begin(length), await begin(length)]
    await eventually(
      () => send(7 * MIB),
      (status) => status === 503,
    )
    expect([await send(100), await send(7 * MIB, WEBHOOK_TOKEN_2)]).toEqual([202, 202])
    for (const socket of sockets) socket.destroy()
    await eventually(
      () => send(7 * MIB),
      (status) => status === 202,
    )
  },
)

test('every answer gives the room back', async () => {
  const statuses: number[] = []
  for (let n = 0; n < 5; n++) {
    statuses.push(await send(7 * MIB))
    const odd = supertest(tallyman.app.server).post('/v1/events')
    const headers = { authorization: `Bearer ${WEBHOOK_TOKEN}` }
    statuses.push((await odd.set({ ...headers, 'content-type': 'text/x' }).send('x'.repeat(7 * MIB))).status)
    const wrong = supertest(tallyman.app.server).post('/v1/events')
    const json = { ...headers, 'content-type': 'application/json' }
    statuses.push((await wrong.set(json).send(']'.repeat(7 * MIB))).status)
  }
  expect(new Set(statuses)).toEqual(new Set([202, 415, 400]))
})

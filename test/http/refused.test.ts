import { once } from 'node:events'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { pino } from 'pino'
import supertest from 'supertest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  ADMIN_TOKEN,
  type LabTallyman,
  READ_TOKEN,
  startTallyman,
  WEBHOOK_TOKEN,
} from '../../lab/tallyman.ts'

const OTHER_TOKEN = 'lab-webhook-token-of-another'
const V1 = 'application/vnd.docker.distribution.events.v1+json'

let tallyman: LabTallyman
const lines: string[] = []
beforeAll(async () => {
  tallyman = await startTallyman(
    {
      server: { readToken: READ_TOKEN, adminToken: ADMIN_TOKEN, bodyLimit: '64KiB' },
      registries: {
        ci: { url: 'http://127.0.0.1:1', token: WEBHOOK_TOKEN },
        other: { url: 'http://127.0.0.1:2', token: OTHER_TOKEN },
      },
    },
    { log: pino({ level: 'info' }, { write: (line: string) => lines.push(line) }) },
  )
})
afterAll(() => tallyman.close())

const post = (path: string, { token = WEBHOOK_TOKEN, type = V1, body = '{"events":[]}' } = {}) =>
  supertest(tallyman.app.server)
    .post(path)
    .set({ authorization: `Bearer ${token}`, 'content-type': type })
    .send(body)

interface Refused {
  reason: string
  detail: string
  from: string
  count: number
  lastAt: string
}
async function refused() {
  const view = await tallyman.get<{ registries: { name: string; refused: Refused[] }[]; refused: Refused[] }>(
    '/v1/registries',
  )
  const of = (name: string) => view.registries.find((one) => one.name === name)?.refused ?? []
  return { ci: of('ci'), other: of('other'), unknown: view.refused }
}
const metric = async (registry: string, reason: string) => {
  const { text } = await supertest(tallyman.app.server).get('/metrics')
  const name = `tallyman_deliveries_refused_total{registry="${registry}",reason="${reason}"} `
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(name))
      ?.slice(name.length) ?? 0,
  )
}
/** Where the service listens. */
async function listening() {
  if (!tallyman.app.server.listening) await tallyman.app.listen({ host: '127.0.0.1', port: 0 })
  const address = tallyman.app.addresses().find((one) => typeof one === 'object')
  return { host: '127.0.0.1', port: address?.port ?? 0 }
}

const logged = (reason: string) =>
  lines.map((line) => JSON.parse(line)).filter((line) => line.reason === reason && 'refused' in line)

test.each<[string, string, string, Parameters<typeof post>[1], number, string]>([
  ['a body that is no envelope', 'body', '/v1/events', { body: '{"event":[]}' }, 400, 'expected an object'],
  [
    'another content type',
    'content-type',
    '/v1/events',
    { type: 'text/plain' },
    415,
    `expected one of ${V1}`,
  ],
  [
    'a body that is too large',
    'too-large',
    '/v1/events',
    { body: 'x'.repeat(65 * 1024) },
    413,
    'server.bodyLimit, 65536 bytes',
  ],
  ['a doubled slash', 'path', '//v1/events', {}, 404, 'expected POST /v1/events, not POST //v1/events'],
])('%s is logged, counted and shown at its registry', async (_, reason, path, request, status, detail) => {
  for (let n = 0; n < 3; n++) {
    const answer = await post(path, request)
    expect(answer.status).toBe(status)
  }
  expect((await refused()).ci).toContainEqual({
    ...{ reason, from: '127.0.0.1', count: 3, detail: expect.stringContaining(detail) },
    lastAt: expect.stringMatching(/^\d{4}-.*Z$/),
  })
  expect(logged(reason)).toEqual([
    expect.objectContaining({ level: 40, registry: 'ci', from: '127.0.0.1', refused: 1 }),
  ])
  expect(await metric('ci', reason)).toBe(3)
})

test('a token of no registry is logged, counted and shown, and the token is not', async () => {
  const wrong = 'a-token-that-nobody-may-see'
  expect((await post('/v1/events', { token: wrong })).status).toBe(401)
  expect((await refused()).unknown).toContainEqual(
    expect.objectContaining({ reason: 'token', detail: expect.stringContaining('webhook token') }),
  )
  expect(logged('token')).toHaveLength(1)
  expect(await metric('', 'token')).toBe(1)
  expect(lines.join()).not.toContain(wrong)
})

test.each(['/', '/v1', '/v1/event', '/events', '/v1/events/', '/api/v1/events'])(
  'a delivery to %s is shown at its registry',
  async (path) => {
    await post(path, { token: OTHER_TOKEN })
    const [newest] = (await refused()).other
    expect(newest).toMatchObject({ reason: 'path', detail: `expected POST /v1/events, not POST ${path}` })
  },
)

test('a redirected delivery, which comes as a GET, is shown at its registry', async () => {
  await supertest(tallyman.app.server).get('/v1/events').set('authorization', `Bearer ${OTHER_TOKEN}`)
  const [newest] = (await refused()).other
  expect(newest?.detail).toBe('expected POST /v1/events, not GET /v1/events')
})

test('a wrong path with a wrong token is shown if it looks like a delivery, and nothing of a token', async () => {
  const before = await metric('', 'path')
  await post('/v1/nothing', { token: 'x'.repeat(16), type: 'application/json' })
  expect(await metric('', 'path')).toBe(before)
  await post(`/hook/${WEBHOOK_TOKEN}?token=${WEBHOOK_TOKEN}`, { token: 'x'.repeat(16) })
  expect(await metric('', 'path')).toBe(before + 1)
  const shown = await refused()
  expect(shown.unknown[0]?.detail).toBe('expected POST /v1/events, not POST /hook/…')
  expect(JSON.stringify(shown) + lines.join()).not.toContain(WEBHOOK_TOKEN)
})

test('a registry that speaks TLS to this port is shown', async () => {
  const socket = connectTls({ ...(await listening()), rejectUnauthorized: false })
  await expect(once(socket, 'secureConnect')).rejects.toThrow()
  expect(await metric('', 'tls')).toBe(1)
  expect((await refused()).unknown).toContainEqual(
    expect.objectContaining({ reason: 'tls', from: '127.0.0.1', detail: expect.stringContaining('http:') }),
  )
})

test('a sender that leaves before its body has arrived is shown at its registry', async () => {
  const socket = connect(await listening())
  const head = `POST /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${OTHER_TOKEN}\r\ncontent-type: ${V1}\r\n`
  socket.write(`${head}content-length: 1000\r\nexpect: 100-continue\r\n\r\n`)
  // The server reads the body now.
  await once(socket, 'data')
  socket.destroy()
  await expect.poll(() => metric('other', 'body'), { timeout: 60_000 }).toBe(1)
  expect((await refused()).other).toContainEqual(
    expect.objectContaining({ reason: 'body', from: '127.0.0.1', count: 1 }),
  )
})

test('a sender that leaves before Redis has answered is shown at its registry', async () => {
  const body = '{"events":[{"id":"of a sender that left"}]}'
  const socket = connect(await listening())
  await once(socket, 'connect')
  tallyman.redis.process.child.kill('SIGSTOP')
  try {
    const head = `POST /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${OTHER_TOKEN}\r\ncontent-type: ${V1}\r\n`
    socket.write(`${head}content-length: ${body.length}\r\n\r\n${body}`, () => socket.destroy())
    await expect.poll(() => metric('other', 'unavailable'), { timeout: 60_000 }).toBe(1)
  } finally {
    tallyman.redis.process.child.kill('SIGCONT')
  }
  const isReady = async () => (await supertest(tallyman.app.server).get('/readyz')).status
  await expect.poll(isReady, { timeout: 60_000 }).toBe(200)
  expect((await refused()).other).toContainEqual(
    expect.objectContaining({ reason: 'unavailable', from: '127.0.0.1', count: 1 }),
  )
})

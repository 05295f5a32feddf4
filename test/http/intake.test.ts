import supertest from 'supertest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RECENTLY } from '../../lab/recently.ts'
import { eventually, type LabTallyman, READ_TOKEN, startTallyman, WEBHOOK_TOKEN } from '../../lab/tallyman.ts'

let tallyman: LabTallyman
beforeAll(async () => {
  tallyman = await startTallyman({
    server: { readToken: READ_TOKEN, adminToken: 'a'.repeat(16), bodyLimit: '64KiB' },
  })
})
afterAll(() => tallyman.close())

const V1 = 'application/vnd.docker.distribution.events.v1+json'
const V2 = 'application/vnd.docker.distribution.events.v2+json'

const post = (body: string, headers: Record<string, string> = {}) =>
  supertest(tallyman.app.server)
    .post('/v1/events')
    .set({ authorization: `Bearer ${WEBHOOK_TOKEN}`, 'content-type': V1, ...headers })
    .send(body)

const tagDeleted = (id: string) => ({
  id,
  timestamp: RECENTLY,
  action: 'delete',
  target: { repository: 'team/app', tag: 'v1' },
})

test.each([V1, V2, 'application/json', `${V1}; charset=utf-8`])(
  'takes an envelope sent as %s',
  async (type) => {
    const answer = await post(JSON.stringify({ events: [tagDeleted('a'), tagDeleted('b')] }), {
      'content-type': type,
    })
    expect([answer.status, answer.text]).toEqual([202, ''])
  },
)

test('takes an empty envelope', async () => {
  const answer = await post('{"events":[]}')
  expect([answer.status, answer.text]).toEqual([202, ''])
})

test.each([
  ['no token', ''],
  ['a wrong token', 'Bearer lab-webhook-token-0002'],
  ['the read token', `Bearer ${READ_TOKEN}`],
  ['another scheme', `Basic ${WEBHOOK_TOKEN}`],
])('refuses %s with 401', async (_, authorization) => {
  const answer = await post('{"events":[]}', { authorization })
  expect(answer.status).toBe(401)
  expect(answer.headers['content-type']).toContain('application/problem+json')
  expect(answer.headers['www-authenticate']).toBe('Bearer')
  expect(answer.body.detail).toContain('webhook token')
  expect(JSON.stringify(answer.body)).not.toContain(WEBHOOK_TOKEN)
})

test('refuses a body over the limit with 413', async () => {
  const answer = await post(JSON.stringify({ events: [], padding: 'x'.repeat(65 * 1024) }))
  expect([answer.status, answer.body.status]).toEqual([413, 413])
  expect(answer.body.detail).toContain('server.bodyLimit, 65536 bytes')
})

test.each(['text/plain', 'application/xml', 'application/x-www-form-urlencoded'])(
  'refuses %s with 415',
  async (type) => {
    const answer = await post('{"events":[]}', { 'content-type': type })
    expect(answer.status).toBe(415)
    expect(answer.body.detail).toContain(V2)
  },
)

test.each([
  ['no JSON', 'events', 'not JSON'],
  ['nothing', '', ''],
  ['a list', '[]', 'no notification envelope'],
  ['null', 'null', 'no notification envelope'],
  ['an object without events', '{"event":[]}', 'no notification envelope'],
  ['events that are no array', '{"events":{}}', 'no notification envelope'],
  // JSON.stringify fails on values nested some thousands deep, so Redis could not store them.
  [
    'a deep nesting',
    `{"events":[{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}]}`,
    'more than 1500 levels',
  ],
  ['a deep nesting without an end', '['.repeat(60_000), 'more than 1500 levels'],
])('refuses %s with 400', async (_, body, detail) => {
  const answer = await post(body)
  expect(answer.status).toBe(400)
  expect(answer.body.detail).toContain(detail)
})

test('puts what it cannot understand in quarantine, and accepts it', async () => {
  const odd = [
    42,
    null,
    { ...tagDeleted('c'), action: 'explode' },
    { ...tagDeleted('d'), timestamp: 'yesterday' },
    { ...tagDeleted('e'), target: { repository: '../etc', tag: 'v1' } },
    { ...tagDeleted('f'), target: { repository: 'team/app', digest: 'sha256:short' } },
  ]
  const answer = await post(JSON.stringify({ events: odd }))
  expect(answer.status).toBe(202)
  interface Page {
    total: number
    events: { registry: string; reason: string; event: unknown }[]
  }
  const page = await eventually(
    () => tallyman.get<Page>('/v1/quarantine'),
    ({ total }) => total === odd.length,
  )
  // Those of one delivery are added together, so their order is not fixed.
  const inOrder = (events: unknown[]) => events.map((event) => JSON.stringify(event)).sort()
  expect(inOrder(page.events.map((e) => e.event))).toEqual(inOrder(odd))
  expect(page.events.every((e) => e.registry === 'ci' && e.reason.length > 0)).toBe(true)
})

test('a request must arrive within 20 s, its body as well as its head', () => {
  const { requestTimeout, headersTimeout } = tallyman.app.server
  expect([requestTimeout, headersTimeout]).toEqual([20_000, 20_000])
})

test.each(['/nope', '/livez'])('answers POST %s with 404 before it reads the body', async (path) => {
  const answer = await supertest(tallyman.app.server)
    .post(path)
    .set({ 'content-type': 'application/json' })
    .send('no JSON')
  expect([answer.status, answer.body.detail]).toEqual([404, `no route POST ${path}`])
})

test.each(['/v1/events/', '//v1/events', '/V1/events'])('never answers %s with a redirect', async (path) => {
  const answer = await supertest(tallyman.app.server).post(path).redirects(0).send('{}')
  expect(answer.status).toBeGreaterThanOrEqual(400)
})

test('keeps the JWT of GitLab’s actor nowhere', async () => {
  const event = {
    ...tagDeleted('g'),
    action: 'mystery',
    actor: { name: 'root', user: 'eyJhbGciOi.secret.jwt' },
  }
  await post(JSON.stringify({ events: [event] }))
  const page = await eventually(
    () => tallyman.get<{ events: { event: { id?: string; actor?: object } }[] }>('/v1/quarantine'),
    ({ events }) => events.some((e) => e.event?.id === 'g'),
  )
  expect(page.events.find((e) => e.event?.id === 'g')?.event.actor).toEqual({ name: 'root' })
})

test('takes the single events of Azure, and its ping, which is no event', async () => {
  const { total } = await tallyman.get<{ total: number }>('/v1/quarantine')
  const request = { id: 'r', host: 'r.example.com', method: 'PUT', useragent: 'docker' }
  const digest = `sha256:${'a'.repeat(64)}`
  const mediaType = 'application/vnd.docker.distribution.manifest.v2+json'
  const target = { mediaType, size: 524, digest, length: 524, repository: 'azure/hello-world', tag: 'v1' }
  expect(await tallyman.deliver({ id: 'p', timestamp: RECENTLY, action: 'ping', target: {}, request })).toBe(
    202,
  )
  expect(await tallyman.deliver({ id: '1', timestamp: RECENTLY, action: 'push', target, request })).toBe(202)
  const { tags } = await eventually(
    () => tallyman.get<{ tags: object[] }>('/v1/projects/ci%2Fazure%2Fhello-world/tags'),
    ({ tags }) => tags.length > 0,
  )
  expect(tags).toEqual([expect.objectContaining({ repository: 'azure/hello-world', tag: 'v1', digest })])
  expect((await tallyman.get<{ total: number }>('/v1/quarantine')).total).toBe(total)
})

import { setTimeout as sleep } from 'node:timers/promises'
import supertest from 'supertest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RECENTLY } from '../../lab/recently.ts'
import { ADMIN_TOKEN, eventually, type LabTallyman, READ_TOKEN, startTallyman } from '../../lab/tallyman.ts'
import { encodeCursor } from '../../src/http/page.ts'

let tallyman: LabTallyman
beforeAll(async () => {
  tallyman = await startTallyman()
})
afterAll(() => tallyman.close())

interface Entry {
  id: string
  registry: string
  reason: string
  event: { id: string }
}

const ask = (method: 'get' | 'post' | 'delete', path: string, body?: object, token = ADMIN_TOKEN) =>
  supertest(tallyman.app.server)
    [method](`/v1/quarantine${path}`)
    .set('authorization', `Bearer ${token}`)
    .send(body)

const found = async (query = ''): Promise<Entry[]> => (await ask('get', query)).body.events
const idOf = async (event: string) => (await found()).find((one) => one.event.id === event)?.id ?? ''

/** Each event has a time of its own: the index takes two events with one id and time for the same. */
let made = 0
const later = () => new Date(Date.parse(RECENTLY) + made++).toISOString()
const event = (id: string, more: object = {}) => ({
  ...{ id, timestamp: later(), action: 'explode', target: { repository: 'team/app', tag: 'v1' }, ...more },
})

/** Puts exactly these events in quarantine, the last one newest. */
async function quarantined(...events: object[]) {
  await ask('post', '/discard', { all: true })
  await tallyman.deliver({ events })
  await eventually(found, (all) => all.length === events.length)
}

test('lists events newest first, filtered, and shows one', async () => {
  await quarantined(event('1'), event('2', { timestamp: 'noon' }), event('3'))
  const { body } = await ask('get', '', undefined, READ_TOKEN)
  expect(body.total).toBe(3)
  expect(body.events.map((one: Entry) => one.event.id)).toEqual(['3', '2', '1'])
  expect((await found('?reason=RFC')).map((one) => one.event.id)).toEqual(['2'])
  expect((await found('?registry=ci&limit=2')).map((one) => one.event.id)).toEqual(['3', '2'])
  expect(await found('?registry=hub')).toEqual([])
  const one = await ask('get', `/${await idOf('2')}`, undefined, READ_TOKEN)
  expect(one.body).toEqual({
    ...{ id: await idOf('2'), registry: 'ci', receivedAt: expect.stringMatching(/^\d{4}-.*Z$/) },
    ...{ reason: 'timestamp "noon" is not RFC 3339', event: event('2', { timestamp: 'noon' }) },
  })
})

test.each(['0-0', '00-000', '1', '-', `${'9'.repeat(20)}-0`])(
  'refuses a cursor that names no entry: %s',
  async (id) => {
    expect((await ask('get', `?cursor=${encodeCursor(id)}`)).status).toBe(400)
  },
)

test.each(['0-1', `${'9'.repeat(19)}-0`])('takes the cursor of any entry: %s', async (id) => {
  expect((await ask('get', `?cursor=${encodeCursor(id)}`)).status).toBe(200)
})

test('replays events that can be understood now; the rest comes back', async () => {
  // An event may be five minutes ahead. This one is ten seconds more, so it is too early for ten seconds.
  const passesAt = Date.now() + 10_000
  const soon = new Date(passesAt + 300_000).toISOString()
  const blob = { repository: 'early/app', size: 70, digest: `sha256:${'a'.repeat(64)}` }
  const early = event('early', {
    ...{ timestamp: soon, action: 'push', target: { ...blob, mediaType: 'application/octet-stream' } },
  })
  await quarantined(early, event('odd'), event('other'))
  const [early_, odd] = [await idOf('early'), await idOf('odd')]
  while (Date.now() <= passesAt) await sleep(50)
  expect((await ask('post', `/${early_}/replay`)).body).toEqual({ replayed: 1 })
  const project = await eventually(
    () => tallyman.get<{ unreferencedBytes: number }>('/v1/projects/ci%2Fearly%2Fapp'),
    ({ unreferencedBytes }) => unreferencedBytes > 0,
  )
  expect(project.unreferencedBytes).toBe(70)

  const answer = await ask('post', '/replay', { reason: 'explode' })
  expect([answer.status, answer.body]).toEqual([202, { replayed: 2 }])
  const back = await eventually(found, (all) => all.length === 2)
  expect(back.map((one) => one.event.id).sort()).toEqual(['odd', 'other'])
  expect(back.map(({ id }) => id)).not.toContain(odd)
  expect((await ask('post', `/${odd}/replay`)).status).toBe(404)
})

test('discards one event, those of a filter, or all if the body says so', async () => {
  await quarantined(event('1'), event('2', { timestamp: 'night' }), event('3'), event('4'))
  const id = await idOf('1')
  expect((await ask('delete', `/${id}`)).body).toEqual({ discarded: 1 })
  expect((await ask('delete', `/${id}`)).body).toMatchObject({
    ...{ status: 404, detail: `no event "${id}" in quarantine: GET /v1/quarantine lists them` },
  })
  expect((await ask('post', '/discard', { registry: 'hub' })).body).toEqual({ discarded: 0 })
  expect((await ask('post', '/discard', { reason: 'RFC' })).body).toEqual({ discarded: 1 })
  expect((await ask('post', '/discard', { all: true })).body).toEqual({ discarded: 2 })
  expect((await ask('get', '')).body).toEqual({ total: 0, events: [], next: null })
})

test.each([
  ['nothing said', {}],
  ['all, and a filter', { all: true, registry: 'ci' }],
  ['not all', { all: false }],
  ['something unknown', { regsitry: 'ci' }],
  ['an empty reason', { reason: '' }],
])('with %s, nothing is discarded or replayed', async (_, body) => {
  await quarantined(event('1'))
  const id = await idOf('1')
  for (const path of ['/discard', '/replay']) expect((await ask('post', path, body)).status).toBe(400)
  expect(await idOf('1')).toBe(id)
})

test('the read token cannot change anything, and without a token nothing can be read', async () => {
  await quarantined(event('1'))
  const id = await idOf('1')
  const refused = await Promise.all([
    ask('post', '/discard', { all: true }, READ_TOKEN),
    ask('post', '/replay', { all: true }, READ_TOKEN),
    ask('post', `/${id}/replay`, undefined, READ_TOKEN),
    ask('delete', `/${id}`, undefined, READ_TOKEN),
  ])
  expect(refused.map(({ status }) => status)).toEqual([403, 403, 403, 403])
  expect((await ask('get', '', undefined, 'none')).status).toBe(401)
  expect((await ask('get', `/${id}`, undefined, 'none')).status).toBe(401)
  expect(await idOf('1')).toBe(id)
})

test('quarantine is counted in the metrics and described in OpenAPI', async () => {
  await quarantined(event('1'), event('2'))
  const { text } = await supertest(tallyman.app.server).get('/metrics')
  expect(text).toMatch(/^tallyman_quarantined_events 2$/m)
  expect(text).toMatch(/^tallyman_quarantine_dropped_total 0$/m)
  // They are counted when their job is done, which is after they are set aside.
  await eventually(
    async () => (await supertest(tallyman.app.server).get('/metrics')).text,
    (now) => /^tallyman_events_indexed_total\{registry="ci",outcome="quarantined"\} \d+$/m.test(now),
  )
  const { body } = await supertest(tallyman.app.server).get('/openapi.json')
  const { paths } = body as { paths: Record<string, Record<string, { tags: string[] }>> }
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { tags }]) =>
      tags?.includes('quarantine') || tags?.includes('jobs') ? [`${method} ${path}`] : [],
    ),
  )
  expect(described.sort()).toEqual([
    'delete /v1/jobs/{queue}/failed',
    'delete /v1/jobs/{queue}/{id}',
    'delete /v1/quarantine/{id}',
    'get /v1/jobs',
    'get /v1/jobs/{queue}/delayed',
    'get /v1/jobs/{queue}/failed',
    'get /v1/jobs/{queue}/{id}',
    'get /v1/quarantine',
    'get /v1/quarantine/{id}',
    'post /v1/jobs/{queue}/failed/retry',
    'post /v1/jobs/{queue}/{id}/retry',
    'post /v1/quarantine/discard',
    'post /v1/quarantine/replay',
    'post /v1/quarantine/{id}/replay',
  ])
})

import { afterAll, beforeAll, expect, test } from 'vitest'
import { ADMIN_TOKEN, type LabTallyman, READ_TOKEN, startTallyman } from '../../lab/tallyman.ts'

let tallyman: LabTallyman
beforeAll(async () => {
  tallyman = await startTallyman({
    server: { readToken: READ_TOKEN, adminToken: ADMIN_TOKEN },
    registries: { ci: { url: 'http://127.0.0.1:1', token: 'lab-webhook-token' } },
    expiry: {
      policies: [{ name: 'old', match: { registry: 'ci' }, rules: [{ olderThan: '30d', expire: true }] }],
    },
  })
})
afterAll(() => tallyman.close())

const post = (url: string, payload: object) =>
  tallyman.app.inject({ method: 'POST', url, headers: { authorization: `Bearer ${ADMIN_TOKEN}` }, payload })

test.each([
  ['/v1/expiry/runs', { policy: 'old', dryRun: null }, 'body/dryRun must be boolean'],
  ['/v1/expiry/runs', { policy: 'old', dryRun: 0 }, 'body/dryRun must be boolean'],
  ['/v1/expiry/runs', { policy: 'old', dryRun: 'false' }, 'body/dryRun must be boolean'],
  ['/v1/expiry/runs', { policy: ['old'], dryRun: true }, 'body/policy must be string'],
  ['/v1/registries/ci/collections', { dryRun: '' }, 'body/dryRun must be boolean'],
  ['/v1/registries/ci/reconcile', { acceptLoss: 'yes' }, 'body/acceptLoss must be boolean'],
  ['/v1/quarantine/discard', { all: 1 }, 'body/all must be'],
  ['/v1/quarantine/discard', { all: false }, 'body/all: expected true'],
  ['/v1/registries/ci/collections', { mode: 'hooks' }, 'body/mode: expected one of conduct, barrier'],
  ['/v1/replays', { policies: 'old', since: '7d' }, 'body/policies must be array'],
])('a value in the body of POST %s is not taken for one of another type: %j', async (url, body, detail) => {
  const answer = await post(url, body)
  expect(answer.statusCode).toBe(400)
  expect(answer.json().detail).toContain(detail)
})

test('a parameter of which only some values are accepted names them', async () => {
  const headers = { authorization: `Bearer ${READ_TOKEN}` }
  const answer = await tallyman.app.inject({ url: '/v1/expiry/plan?verdict=all', headers })
  expect([answer.statusCode, answer.json().detail]).toEqual([
    400,
    'querystring/verdict: expected one of delete, untag, keep',
  ])
})

test('a limit is a size or a number of bytes', async () => {
  const put = (limit: unknown) =>
    tallyman.app.inject({
      ...{ method: 'PUT', url: '/v1/projects/ci%2Fteam/quota', payload: { limit } },
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    })
  for (const limit of [1_024, '1KiB']) expect((await put(limit)).json().override.limit).toBe(1_024)
  for (const limit of [null, true, 1.5]) {
    const answer = await put(limit)
    expect([answer.statusCode, answer.json().detail]).toEqual([
      400,
      'body/limit: expected a size such as 80GiB, or bytes',
    ])
  }
})

test('a body without a key has its default', async () => {
  const answer = await post('/v1/expiry/runs', { policy: 'old' })
  expect([answer.statusCode, answer.json().dryRun]).toEqual([202, true])
})

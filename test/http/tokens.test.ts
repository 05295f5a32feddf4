import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { keepLines } from '../../lab/log-lines.ts'
import { RECENTLY } from '../../lab/recently.ts'
import { startRedis } from '../../lab/redis.ts'
import { ADMIN_TOKEN, eventually, type LabTallyman, READ_TOKEN, startTallyman } from '../../lab/tallyman.ts'
import { hashOf } from '../../src/access/named-token.ts'
import { makeTokens } from '../../src/access/tokens.ts'

let tallyman: LabTallyman
const { log, lines } = keepLines()
beforeAll(async () => {
  tallyman = await startTallyman(
    {
      expiry: {
        policies: [{ name: 'old', match: { registry: 'ci' }, rules: [{ tag: 'pr-*', expire: true }] }],
      },
    },
    { queues: ['events'], log },
  )
  const target = {
    ...{ mediaType: 'application/vnd.docker.distribution.manifest.v2+json', size: 500, tag: 'v1' },
    ...{ digest: `sha256:${'a'.repeat(64)}`, repository: 'team-a/app', references: [] },
  }
  await tallyman.deliver({ events: [{ id: 'a', timestamp: RECENTLY, action: 'push', target }] })
  await eventually(
    () => tallyman.get<{ projects: unknown[] }>('/v1/projects'),
    ({ projects }) => projects.length === 1,
  )
})
afterAll(() => tallyman.close())

async function ask(
  token: string,
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  url: string,
  payload?: object,
  app = tallyman.app,
) {
  const headers = { authorization: `Bearer ${token}` }
  const answer = await app.inject({ method, url, headers, ...(payload && { payload }) })
  return { status: answer.statusCode, body: answer.json(), headers: answer.headers }
}
const create = (body: object, token = ADMIN_TOKEN) => ask(token, 'POST', '/v1/tokens', body)
const TEAM_A = { projects: ['ci/team-a/**'], verbs: ['read'] }
async function secretOf(name: string, more: object = {}): Promise<string> {
  const { status, body } = await create({ name, ...TEAM_A, ...more })
  expect(status).toBe(201)
  return body.secret
}
const auditOf = async () => (await tallyman.get<{ entries: Record<string, unknown>[] }>('/v1/audit')).entries

test('a token is made, says who it is, is listed without its secret, and revoked at once', async () => {
  const { status, body } = await create({ name: 'team-a', ...TEAM_A, for: '90d', why: 'dashboards' })
  expect(status).toBe(201)
  expect(body).toMatchObject({
    name: 'team-a',
    ...TEAM_A,
    why: 'dashboards',
    createdBy: 'admin token from 127.0.0.1',
  })
  expect(body.secret).toMatch(/^tlm_[A-Za-z0-9]{40}$/)
  expect(Date.parse(body.expiresAt) - Date.parse(body.createdAt)).toBe(90 * 86_400_000)

  expect((await ask(ADMIN_TOKEN, 'GET', '/v1/tokens')).body.tokens).toMatchObject([
    { name: 'team-a', lastUsedAt: null },
  ])
  expect((await ask(body.secret, 'GET', '/v1/whoami')).body).toMatchObject({
    ...{ who: 'token team-a', ...TEAM_A, expiresAt: body.expiresAt },
  })
  const listed = await ask(ADMIN_TOKEN, 'GET', '/v1/tokens')
  expect(listed.body.tokens[0].lastUsedAt).toMatch(/Z$/)
  expect(JSON.stringify(listed.body)).not.toContain(body.secret)

  expect((await ask(ADMIN_TOKEN, 'DELETE', '/v1/tokens/team-a')).body).toEqual({ revoked: 'team-a' })
  const after = await ask(body.secret, 'GET', '/v1/whoami')
  expect([after.status, after.body.detail]).toEqual([
    401,
    'there is no such token: it was revoked, or never was one',
  ])
  expect(after.headers['www-authenticate']).toBe('Bearer error="invalid_token"')
  expect((await ask(ADMIN_TOKEN, 'DELETE', '/v1/tokens/team-a')).status).toBe(404)

  const [revoked, created] = await auditOf()
  expect(revoked).toMatchObject({
    action: 'token.revoked',
    token: 'team-a',
    by: 'admin token from 127.0.0.1',
  })
  expect(created).toMatchObject({
    ...{ action: 'token.created', token: 'team-a', ...TEAM_A, why: 'dashboards', until: body.expiresAt },
  })
  expect(JSON.stringify([revoked, created, lines])).not.toContain(body.secret)
})

test('Redis holds no secret', async () => {
  const secret = await secretOf('kept')
  const redis = new Redis(tallyman.redis.url)
  const all = await Promise.all((await redis.keys('tallyman:{tokens}:*')).map((key) => redis.hgetall(key)))
  redis.disconnect()
  expect(JSON.stringify(all)).toContain('"kept"')
  expect(JSON.stringify(all)).not.toContain(secret.slice(4))
})

test.each([
  [{ name: 'Team A' }, 'body/name: expected the name of a token'],
  [{ projects: [] }, 'body/projects must NOT have fewer than 1 items'],
  [
    { projects: ['team-a/**'] },
    '`projects`: "team-a/**" can match no project: expected registry/path; configured registries: ci',
  ],
  [{ projects: ['ci/[a'] }, '`projects`: "ci/[a": expected a glob in which every [, { and ( is closed'],
  [{ verbs: ['write'] }, 'body/verbs/0: expected read, promote, expire, admin'],
  [{ verbs: ['ask'] }, 'body/verbs/0: expected read, promote, expire, admin'],
  [{ verbs: [] }, 'body/verbs must NOT have fewer than 1 items'],
  [{ for: 'soon' }, '`for`: '],
  [{ for: '0s' }, '`for`: expected a duration above 0'],
])('%j is refused', async (wrong, detail) => {
  const { status, body } = await create({ name: 'wrong', ...TEAM_A, ...wrong })
  expect(status).toBe(400)
  expect(body.detail).toContain(detail)
})

test('only admin over all projects makes, lists and revokes tokens', async () => {
  const team = await secretOf('team-admin', { verbs: ['admin'] })
  const all = await secretOf('all-admin', { projects: ['**'], verbs: ['admin'] })
  const reader = await secretOf('all-reader', { projects: ['**'] })
  for (const token of [READ_TOKEN, team, reader]) {
    expect((await create({ name: 'more', ...TEAM_A }, token)).status).toBe(403)
    expect((await ask(token, 'GET', '/v1/tokens')).status).toBe(403)
    expect((await ask(token, 'DELETE', '/v1/tokens/all-admin')).status).toBe(403)
  }
  const refused = await ask(team, 'GET', '/v1/tokens')
  expect(refused.body.detail).toBe(
    'this needs admin over all projects: the token team-admin has admin over ci/team-a/**',
  )
  expect((await create({ name: 'by-named', ...TEAM_A }, all)).body.createdBy).toBe(
    'token all-admin from 127.0.0.1',
  )
})

test('a name is of one token, of many that are asked for at once', async () => {
  const answers = await Promise.all(Array.from({ length: 8 }, () => create({ name: 'once', ...TEAM_A })))
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, ...Array(7).fill(409)])
  const secrets = answers.flatMap(({ body }) => body.secret ?? [])
  expect((await ask(secrets[0], 'GET', '/v1/whoami')).status).toBe(200)
})

test('a token ends at its time; its name can be given anew, and the old secret stays refused', async () => {
  const first = await secretOf('short', { for: '1ms' })
  const ended = await eventually(
    () => ask(first, 'GET', '/v1/whoami'),
    ({ status }) => status === 401,
  )
  expect(ended.body.detail).toMatch(/^the token short has expired at .*Z$/)
  const second = await secretOf('short')
  expect((await ask(second, 'GET', '/v1/whoami')).status).toBe(200)
  expect((await ask(first, 'GET', '/v1/whoami')).body.detail).toMatch(/^there is no such token/)
})

test('revocation holds for the next request of many that go on, in another process, too', async () => {
  const secret = await secretOf('busy')
  const redis = new Redis(tallyman.redis.url)
  onTestFinished(() => redis.disconnect())
  const elsewhere = makeTokens({ redis, prefix: 'tallyman', onError: () => {} })
  let isRevoked = false
  const wrong: unknown[] = []
  let refusals = 0
  const requests = Array.from({ length: 4 }, async () => {
    for (let left = 20; left > 0; ) {
      const wasRevoked = isRevoked
      const { status } = await ask(secret, 'GET', '/v1/whoami')
      if (status === 401) refusals += 1
      if (wasRevoked && status !== 401) wrong.push(status)
      if (!wasRevoked && !isRevoked && status !== 200 && status !== 401) wrong.push(status)
      if (wasRevoked) left -= 1
    }
  })
  await sleep(50)
  expect(await elsewhere.revoke('busy')).toBe(true)
  isRevoked = true
  await Promise.all(requests)
  expect(wrong).toEqual([])
  expect(refusals).toBeGreaterThanOrEqual(80)
})

test('revoking that comes late leaves no token that cannot be revoked, if its name was given anew meanwhile', async () => {
  const [redis, slow] = [new Redis(tallyman.redis.url), new Redis(tallyman.redis.url)]
  onTestFinished(() => [redis, slow].forEach((one) => void one.disconnect()))
  await slow.ping()
  const send = slow.sendCommand.bind(slow)
  slow.sendCommand = (command, ...more) => {
    setTimeout(() => send(command, ...more), 50)
    return command.promise
  }
  const deps = { prefix: 'anew', onError: () => {} }
  const [tokens, late] = [makeTokens({ ...deps, redis }), makeTokens({ ...deps, redis: slow })]
  const wanted = { name: 'a', projects: ['**'], verbs: ['read' as const], why: null, createdBy: 'x' }
  await tokens.create(wanted, undefined)
  const revoking = late.revoke('a')
  await sleep(75)
  await tokens.revoke('a')
  await tokens.create(wanted, undefined)
  await revoking
  expect(await tokens.list()).toHaveLength(1)
  expect(await tokens.revoke('a')).toBe(true)
  expect(await tokens.list()).toEqual([])
})

test('a use is noted once a minute', async () => {
  const redis = new Redis(tallyman.redis.url)
  onTestFinished(() => redis.disconnect())
  let now = Date.parse('2026-11-20T10:00:00.000Z')
  const tokens = makeTokens({ redis, prefix: 'noted', now: () => now, onError: () => {} })
  const { secret } = (await tokens.create(
    { name: 'a', projects: ['**'], verbs: ['read'], why: null, createdBy: 'x' },
    undefined,
  )) ?? { secret: '' }
  const lastUsed = async () => (await tokens.list())[0]?.lastUsedAt
  await tokens.find(hashOf(secret))
  expect(await lastUsed()).toBe('2026-11-20T10:00:00.000Z')
  now += 59_000
  await tokens.find(hashOf(secret))
  expect(await lastUsed()).toBe('2026-11-20T10:00:00.000Z')
  now += 1_000
  await tokens.find(hashOf(secret))
  expect(await lastUsed()).toBe('2026-11-20T10:01:00.000Z')
})

test('what a named token asks for is recorded with its name', async () => {
  const secret = await secretOf('expirer', { verbs: ['expire'] })
  const image = 'ci/team-a/app:v1'
  const id = encodeURIComponent('ci/team-a/app')
  const keep = await ask(secret, 'POST', '/v1/expiry/keeps', { image, by: 'ann' })
  await ask(secret, 'PUT', `/v1/alerts/snoozes/${id}`, { for: '1d' })
  const run = await ask(secret, 'POST', '/v1/expiry/runs', { policy: 'old' })
  expect([keep.status, run.status]).toEqual([201, 202])
  expect((await ask(secret, 'PUT', `/v1/projects/${id}/quota`, { limit: '1GiB' })).status).toBe(403)
  const [asked, snoozed, kept] = await auditOf()
  const by = 'token expirer from 127.0.0.1'
  expect(asked).toMatchObject({ action: 'run.asked', by, projects: ['ci/team-a/**'] })
  expect(snoozed).toMatchObject({ action: 'snooze.added', by })
  expect(kept).toMatchObject({ action: 'keep.added', by: `ann (${by})` })
  const waiting = await ask(secret, 'GET', `/v1/expiry/runs/${run.body.run}`)
  expect(waiting.body).toMatchObject({ state: 'waiting', by, projects: ['ci/team-a/**'] })
  // Its own run, and no other one.
  const whole = await ask(ADMIN_TOKEN, 'POST', '/v1/expiry/runs', { policy: 'old' })
  const stopped = await ask(secret, 'POST', '/v1/expiry/stop', {})
  expect(stopped.body.stopped.map((one: { run: string }) => one.run)).toEqual([run.body.run])
  expect((await ask(secret, 'GET', `/v1/expiry/runs/${whole.body.run}`)).status).toBe(404)
})

describe('while Redis is away', () => {
  test('a named token is not let in, and tokens of the configuration are', async () => {
    const own = await startTallyman({}, { queues: [] })
    onTestFinished(() => own.close())
    const made = await ask(ADMIN_TOKEN, 'POST', '/v1/tokens', { name: 'a', ...TEAM_A }, own.app)
    await own.redis.process.stop()
    const named = await ask(made.body.secret, 'GET', '/v1/snapshots', undefined, own.app)
    expect([named.status, named.headers['retry-after']]).toEqual([503, '1'])
    expect((await ask(READ_TOKEN, 'GET', '/v1/snapshots', undefined, own.app)).status).toBe(200)
    // It comes back empty.
    const again = await startRedis({ port: own.redis.port })
    onTestFinished(() => again.close())
    await eventually(
      () => ask(made.body.secret, 'GET', '/v1/whoami', undefined, own.app),
      ({ status }) => status === 401,
    )
  })
})

import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { ADMIN_TOKEN, eventually, type LabTallyman, READ_TOKEN, startTallyman } from '../../lab/tallyman.ts'

const USES_TOKEN = 'lab-uses-token-00001'
const CSRF = { 'x-tallyman-csrf': '1' }

let tallyman: LabTallyman
beforeAll(async () => {
  tallyman = await startTallyman(
    {
      server: { readToken: READ_TOKEN, adminToken: ADMIN_TOKEN, usesToken: USES_TOKEN },
    },
    { queues: [] },
  )
})
afterAll(() => tallyman.close())

interface Asked {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD'
  cookie?: string | undefined
  headers?: Record<string, string>
  payload?: object
  app?: LabTallyman['app']
}

async function ask(url: string, { method = 'GET', cookie, headers = {}, payload, app }: Asked = {}) {
  const answer = await (app ?? tallyman.app).inject({
    ...{ method, url, ...(payload && { payload }) },
    headers: { ...headers, ...(cookie && { cookie }) },
  })
  const [set] = answer.cookies
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body:
      answer.body === '' || !answer.headers['content-type']?.toString().includes('json') ? {} : answer.json(),
    set,
    cookie: set && `${set.name}=${encodeURIComponent(set.value)}`,
  }
}

const logIn = (token: string, more: Asked = {}) =>
  ask('/v1/session', { method: 'POST', payload: { token }, ...more })

async function sessionOf(token: string, more: Asked = {}): Promise<string> {
  const { status, cookie = '', body } = await logIn(token, more)
  expect([status, body.detail]).toEqual([201, undefined])
  return cookie
}

async function namedToken(name: string, more: object = {}): Promise<string> {
  const answer = await ask('/v1/tokens', {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    payload: { name, projects: ['ci/team-a/**'], verbs: ['expire'], ...more },
  })
  expect(answer.status).toBe(201)
  return answer.body.secret
}

describe('logging in with a token', () => {
  test('sets a cookie that scripts and other sites cannot use, and that does not show the token', async () => {
    const { status, set, body, headers } = await logIn(READ_TOKEN)
    expect(status).toBe(201)
    expect(set).toMatchObject({
      name: 'tallyman',
      path: '/',
      httpOnly: true,
      sameSite: 'Lax',
      maxAge: 43_200,
    })
    expect(set).not.toHaveProperty('secure')
    expect(headers['cache-control']).toBe('no-store')
    expect(body).toMatchObject({
      by: 'token',
      who: 'read token',
      name: null,
      verbs: ['read'],
      projects: ['**'],
    })
    const text = Buffer.from(set?.value.split(';')[0] ?? '', 'base64').toString('latin1')
    expect(text + set?.value).not.toContain(READ_TOKEN)
  })

  test('by https, the cookie is for https and this host only', async () => {
    const own = await startTallyman(
      {
        server: { readToken: READ_TOKEN, adminToken: ADMIN_TOKEN, publicUrl: 'https://tallyman.example.com' },
      },
      { queues: [] },
    )
    onTestFinished(() => own.close())
    const { set, headers } = await logIn(READ_TOKEN, { app: own.app })
    expect(set).toMatchObject({ name: '__Host-tallyman', path: '/', secure: true, httpOnly: true })
    expect(set).not.toHaveProperty('domain')
    expect(headers['strict-transport-security']).toBe('max-age=31536000')
  })

  test('lets in where the token does, and no further', async () => {
    const cookie = await sessionOf(READ_TOKEN)
    expect((await ask('/v1/registries', { cookie })).status).toBe(200)
    const { status, body } = await ask('/v1/snapshots', {
      method: 'POST',
      cookie,
      headers: CSRF,
      payload: {},
    })
    expect([status, body.detail]).toEqual([
      403,
      'this needs admin over all projects: the read token has read over all projects',
    ])
    const admin = await sessionOf(ADMIN_TOKEN)
    const asked = { method: 'POST', headers: CSRF, payload: {} } as const
    expect((await ask('/v1/snapshots', { ...asked, cookie: admin })).status).toBe(202)
  })

  test('GET /v1/session tells who it is', async () => {
    const before = Date.now()
    const cookie = await sessionOf(await namedToken('who'))
    const { status, body } = await ask('/v1/session', { cookie })
    expect([status, body]).toEqual([
      200,
      {
        ...{ by: 'token', who: 'token who', name: null, verbs: ['expire'], projects: ['ci/team-a/**'] },
        ...{
          grants: [{ verbs: ['expire'], projects: ['ci/team-a/**'] }],
          seesAll: false,
          until: expect.any(String),
          version: expect.any(String),
        },
      },
    ])
    expect(Date.parse(body.until) - before).toBeGreaterThanOrEqual(12 * 3_600_000)
    expect((await ask('/v1/session')).status).toBe(401)
    const token = await ask('/v1/session', { headers: { authorization: `Bearer ${READ_TOKEN}` } })
    expect([token.status, token.body.detail]).toEqual([401, expect.stringContaining('GET /v1/whoami')])
  })

  test.each([
    ['that is none', 'no-such-token-000001', 401, 'there is no such token'],
    ['with something before it', `x ${READ_TOKEN}`, 401, 'there is no such token'],
    ['of which a part is given', READ_TOKEN.slice(0, -1), 401, 'there is no such token'],
    [
      'that was revoked',
      `tlm_${'a'.repeat(40)}`,
      401,
      'there is no such token: it was revoked, or never was one',
    ],
    ['for reports of uses', USES_TOKEN, 403, 'the dashboard needs read: the uses token has report'],
    ['of a registry', 'lab-webhook-token-0001', 401, 'there is no such token'],
  ])('a token %s is refused', async (_, token, status, detail) => {
    const answer = await logIn(token)
    expect([answer.status, answer.body.detail, answer.set]).toEqual([status, detail, undefined])
  })

  test('a request that is wrong is refused', async () => {
    for (const payload of [{}, { token: '' }, { token: {} }, { token: READ_TOKEN, user: 'ann' }])
      expect((await ask('/v1/session', { method: 'POST', payload })).status).toBe(400)
  })

  test('a page of another site cannot log somebody in', async () => {
    const headers = { 'sec-fetch-site': 'cross-site' }
    const { status, set } = await logIn(READ_TOKEN, { headers })
    expect([status, set]).toEqual([403, undefined])
    const form = { 'content-type': 'text/plain' }
    const payload = JSON.stringify({ token: READ_TOKEN })
    const answer = await tallyman.app.inject({ method: 'POST', url: '/v1/session', headers: form, payload })
    expect([answer.statusCode, answer.cookies]).toEqual([400, []])
  })
})

describe('a cookie', () => {
  test('changes nothing without the header of our pages', async () => {
    const cookie = await sessionOf(ADMIN_TOKEN)
    const asked = { method: 'POST', cookie, payload: {} } as const
    const { status, body } = await ask('/v1/snapshots', asked)
    expect([status, body.detail]).toEqual([
      403,
      'a request with the cookie of a session needs the header "x-tallyman-csrf: 1"',
    ])
    for (const site of ['cross-site', 'same-site', 'none']) {
      const answer = await ask('/v1/snapshots', { ...asked, headers: { ...CSRF, 'sec-fetch-site': site } })
      expect([answer.status, answer.body.detail]).toEqual([403, expect.stringContaining(site)])
    }
    const headers = { ...CSRF, 'sec-fetch-site': 'same-origin' }
    expect((await ask('/v1/snapshots', { ...asked, headers })).status).toBe(202)
  })

  test('every route that may change something wants the header', async () => {
    const cookie = await sessionOf(ADMIN_TOKEN)
    const { paths } = (await tallyman.app.inject('/openapi.json')).json<{
      paths: Record<string, Record<string, object>>
    }>()
    const others = ['/v1/events', '/v1/session']
    const routes = Object.entries(paths).flatMap(([path, of]) =>
      Object.keys(of)
        .filter((method) => method !== 'get' && method !== 'head' && !others.includes(path))
        .map((method) => [method.toUpperCase(), path.replaceAll(/\{\w+\}/g, 'a%2Fb')] as const),
    )
    expect(routes.length).toBeGreaterThan(25)
    for (const [method, path] of routes) {
      const answer = await ask(path, { method: method as 'POST', cookie, payload: {} })
      expect([method, path, answer.status, answer.body.detail]).toEqual([
        ...[method, path, 403, expect.stringContaining('x-tallyman-csrf')],
      ])
    }
  })

  test('does not count where a token is shown', async () => {
    const cookie = await sessionOf(ADMIN_TOKEN)
    const headers = { authorization: `Bearer ${READ_TOKEN}` }
    expect((await ask('/v1/tokens', { cookie, headers })).status).toBe(403)
    expect((await ask('/v1/tokens', { cookie, headers: { authorization: 'Bearer nonsense' } })).status).toBe(
      401,
    )
    expect((await ask('/v1/tokens', { cookie, headers: { authorization: '' } })).status).toBe(401)
  })

  test('counts behind a proxy that wants a login of its own', async () => {
    const headers = { authorization: `Basic ${Buffer.from('ann:secret').toString('base64')}` }
    const cookie = await sessionOf(ADMIN_TOKEN)
    expect((await ask('/v1/tokens', { cookie, headers })).status).toBe(200)
    expect((await ask('/v1/snapshots', { method: 'POST', cookie, headers, payload: {} })).status).toBe(403)
    expect((await ask('/v1/tokens', { headers })).status).toBe(401)
  })

  test.each([
    ['that was changed', (cookie: string) => cookie.replace(/=.{8}/, '=AAAAAAAA')],
    ['of somebody else', () => 'tallyman=abc'],
    ['that is empty', () => 'tallyman='],
  ])('%s lets nobody in', async (_, change) => {
    const cookie = change(await sessionOf(READ_TOKEN))
    expect((await ask('/v1/projects', { cookie })).status).toBe(401)
  })

  test('of another service lets nobody in', async () => {
    const server = { readToken: READ_TOKEN, adminToken: ADMIN_TOKEN, sessionKey: 'another-session-key-01' }
    const own = await startTallyman({ server }, { queues: [] })
    onTestFinished(() => own.close())
    const cookie = await sessionOf(READ_TOKEN, { app: own.app })
    expect((await ask('/v1/projects', { cookie, app: own.app })).status).toBe(200)
    expect((await ask('/v1/projects', { cookie })).status).toBe(401)
  })
})

describe('a session ends', () => {
  test('when somebody logs out, for every copy of the cookie', async () => {
    const cookie = await sessionOf(READ_TOKEN)
    expect((await ask('/v1/session', { method: 'DELETE', cookie })).status).toBe(403)
    expect((await ask('/v1/session', { cookie })).status).toBe(200)
    const out = await ask('/v1/session', { method: 'DELETE', cookie, headers: CSRF })
    expect([out.status, out.set]).toMatchObject([204, { name: 'tallyman', value: '', maxAge: 0 }])
    const { status, body } = await ask('/v1/session', { cookie })
    expect([status, body.detail]).toEqual([401, 'the session has ended: log in again'])
    expect((await ask('/v1/session', { method: 'DELETE', cookie, headers: CSRF })).status).toBe(204)
    expect((await ask('/v1/session', { method: 'DELETE' })).status).toBe(204)
  })

  test('when somebody logs in anew', async () => {
    const cookie = await sessionOf(READ_TOKEN)
    const next = await sessionOf(ADMIN_TOKEN, { cookie })
    expect((await ask('/v1/session', { cookie })).status).toBe(401)
    expect((await ask('/v1/session', { cookie: next })).body.who).toBe('admin token')
  })

  test('with its named token: revoked, or at its time', async () => {
    const secret = await namedToken('revoked')
    const cookie = await sessionOf(secret)
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
    expect((await ask('/v1/session', { cookie })).status).toBe(200)
    await ask('/v1/tokens/revoked', { method: 'DELETE', headers })
    const { status, body } = await ask('/v1/session', { cookie })
    expect([status, body.detail]).toEqual([401, 'there is no such token: it was revoked, or never was one'])
    // The same name is another token.
    await namedToken('revoked')
    expect((await ask('/v1/session', { cookie })).status).toBe(401)
    const short = await sessionOf(await namedToken('short', { for: '3s' }))
    const ended = await eventually(
      () => ask('/v1/session', { cookie: short }),
      ({ status }) => status === 401,
    )
    expect(ended.body.detail).toMatch(/^the token short has expired at /)
  })

  test('at its time', async () => {
    const server = { readToken: READ_TOKEN, adminToken: ADMIN_TOKEN, sessionFor: '1s' }
    const own = await startTallyman({ server }, { queues: [] })
    onTestFinished(() => own.close())
    const cookie = await sessionOf(READ_TOKEN, { app: own.app })
    await eventually(
      () => ask('/v1/session', { cookie, app: own.app }),
      ({ status }) => status === 401,
    )
  })
})

describe('for admins', () => {
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
  const read = { authorization: `Bearer ${READ_TOKEN}` }
  interface Listed {
    id: string
    who: string
    isOwn: boolean
  }

  test('sessions are listed without what lets somebody in, page by page, and the own one is marked', async () => {
    const team = await sessionOf(await namedToken('listed'))
    const own = await sessionOf(ADMIN_TOKEN)
    const { body } = await ask('/v1/sessions', { cookie: own })
    const sessions: Listed[] = body.sessions
    expect(sessions.find(({ who }) => who === 'token listed')).toEqual({
      ...{ id: expect.stringMatching(/^[0-9a-f]{24}$/), by: 'token', who: 'token listed', from: '127.0.0.1' },
      ...{ began: expect.any(String), until: expect.any(String), isOwn: false },
    })
    expect(sessions.filter(({ isOwn }) => isOwn)).toMatchObject([{ who: 'admin token' }])
    expect(JSON.stringify(body)).not.toMatch(/tlm_|proof|named/)

    const paged: Listed[] = []
    let query = '?limit=1'
    for (let next: string | null = ''; next !== null; query = `?limit=1&cursor=${next}`) {
      const page = (await ask(`/v1/sessions${query}`, { headers })).body
      paged.push(...page.sessions)
      next = page.next
    }
    expect(paged.map(({ id }) => id)).toEqual(sessions.map(({ id }) => id))
    expect((await ask('/v1/sessions', { headers: read })).status).toBe(403)
    expect((await ask('/v1/sessions', { cookie: team })).status).toBe(403)
    const out = await ask('/v1/session', { method: 'DELETE', cookie: team, headers: CSRF })
    expect(out.status).toBe(204)
    const left: Listed[] = (await ask('/v1/sessions', { headers })).body.sessions
    expect(left.some(({ who }) => who === 'token listed')).toBe(false)
  })

  test('a session can be ended, for every copy of its cookie', async () => {
    const cookie = await sessionOf(await namedToken('ended'))
    const { sessions } = (await ask('/v1/sessions', { headers })).body
    const { id = '' } = sessions.find(({ who }: Listed) => who === 'token ended') ?? {}
    const path = `/v1/sessions/${id}`
    expect((await ask(path, { method: 'DELETE', headers: read })).status).toBe(403)
    expect((await ask('/v1/session', { cookie })).status).toBe(200)
    expect(await ask(path, { method: 'DELETE', headers })).toMatchObject({ status: 200, body: { ended: id } })
    const { status, body } = await ask('/v1/session', { cookie })
    expect([status, body.detail]).toEqual([401, 'the session has ended: log in again'])
    expect((await ask(path, { method: 'DELETE', headers })).status).toBe(404)
    const { entries } = (await ask('/v1/audit?limit=1', { headers })).body
    expect(entries).toMatchObject([{ action: 'session.ended', by: 'admin token from 127.0.0.1' }])
  })
})

test('a token of the configuration that was changed ends its sessions, and no others; a restart ends none', async () => {
  const key = { sessionKey: 'a-key-of-sessions-0001' }
  const first = await startTallyman(
    { server: { readToken: READ_TOKEN, adminToken: ADMIN_TOKEN, ...key } },
    { queues: [] },
  )
  onTestFinished(() => first.close())
  const cookies = [
    await sessionOf(READ_TOKEN, { app: first.app }),
    await sessionOf(ADMIN_TOKEN, { app: first.app }),
  ] as const
  const next = await startTallyman(
    { server: { readToken: 'another-read-token-01', adminToken: ADMIN_TOKEN, ...key } },
    { queues: [], redis: first.redis },
  )
  onTestFinished(() => next.close())
  const { status, body } = await ask('/v1/session', { cookie: cookies[0], app: next.app })
  expect([status, body.detail]).toEqual([401, 'the token by which you logged in was changed'])
  expect((await ask('/v1/session', { cookie: cookies[1], app: next.app })).status).toBe(200)
})

test('without more in the configuration, one logs in with a token only', async () => {
  expect((await ask('/v1/login')).body).toEqual({ methods: ['token'], oidc: null, public: false })
  expect((await ask('/v1/login/oidc')).status).toBe(404)
})

test('Redis holds neither tokens nor what a cookie holds', async () => {
  const secret = await namedToken('kept')
  await sessionOf(READ_TOKEN)
  await sessionOf(secret)
  const redis = new Redis(tallyman.redis.url)
  onTestFinished(() => redis.disconnect())
  const keys = await redis.keys('tallyman:session:*')
  expect(keys.length).toBeGreaterThanOrEqual(2)
  const texts = await redis.mget(keys)
  for (const text of texts) {
    expect(text).not.toContain(READ_TOKEN)
    expect(text).not.toContain(secret)
  }
  for (const key of keys) expect(await redis.pttl(key)).toBeGreaterThan(0)
})

test('what somebody does by a session is recorded as done by its token', async () => {
  const cookie = await sessionOf(ADMIN_TOKEN)
  await ask('/v1/tokens', {
    ...{ method: 'POST', cookie, headers: CSRF },
    payload: { name: 'by-session', projects: ['**'], verbs: ['read'] },
  })
  const { body } = await ask('/v1/audit', { cookie })
  expect(body.entries[0]).toMatchObject({
    action: 'token.created',
    token: 'by-session',
    by: 'admin token from 127.0.0.1',
  })
})

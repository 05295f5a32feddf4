import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type BrowserSession, makeBrowserSession } from '../../lab/browser-session.ts'
import { keepLines } from '../../lab/log-lines.ts'
import { CLIENT, type LabOidcIssuer, startOidcIssuer } from '../../lab/oidc-issuer.ts'
import { freePort } from '../../lab/ports.ts'
import { ADMIN_TOKEN, eventually, type LabTallyman, READ_TOKEN, startTallyman } from '../../lab/tallyman.ts'

const ACCOUNTS = {
  ann: { email: 'ann@example.com', email_verified: true, name: 'Ann', groups: ['everybody', 'team-a'] },
  bob: { email: 'bob@example.com', email_verified: true, groups: ['team-b', 'visitors'] },
  eve: { email: 'eve@example.com', email_verified: true, groups: [] },
  cy: {
    email: `${'ö'.repeat(300)}@example.com`,
    email_verified: true,
    groups: Array.from({ length: 500 }, (_, n) => `gruppe-äöü-${n}`),
  },
  mal: { email: 'ann@example.com', email_verified: false, preferred_username: 'mal', groups: ['everybody'] },
}
const GRANTS = [
  { group: 'everybody', verbs: ['read'], projects: ['**'] },
  { group: 'team-a', verbs: ['expire'], projects: ['ci/team-a/**'] },
]

let issuer: LabOidcIssuer
let tallyman: LabTallyman
let url: string
beforeAll(async () => {
  ;({ issuer, tallyman, url } = await start())
})
afterAll(async () => {
  await tallyman.close()
  await issuer.close()
})

const oidcOf = ({ url: issuer }: LabOidcIssuer, more: object = {}) => ({
  ...{ issuer, clientId: CLIENT.id, clientSecret: CLIENT.secret, name: 'Example' },
  ...{ scopes: ['profile', 'email', 'groups'], grants: GRANTS, ...more },
})

async function start({
  oidc = {},
  config = {},
  log,
}: {
  oidc?: object
  config?: object
  log?: ReturnType<typeof keepLines>['log']
} = {}) {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const issuer = await startOidcIssuer({ redirectUri: `${url}/v1/login/oidc/callback`, accounts: ACCOUNTS })
  const tallyman = await startTallyman(
    {
      server: { readToken: READ_TOKEN, adminToken: ADMIN_TOKEN, port, publicUrl: url },
      login: { oidc: oidcOf(issuer, oidc) },
      ...config,
    },
    { queues: [], ...(log && { log }) },
  )
  await tallyman.app.listen({ port, host: '127.0.0.1' })
  return { issuer, tallyman, url }
}

async function startOwn(options: Parameters<typeof start>[0]) {
  const own = await start(options)
  onTestFinished(async () => {
    await own.tallyman.close()
    await own.issuer.close()
  })
  return own
}

const isCallback = (at: string) => at.includes('/v1/login/oidc/callback')
const isPage = (at: string) => !at.includes('/v1/') && !at.includes('/auth') && !at.includes('/interaction')

interface Way {
  at?: string
  to?: string
  /** Changes the address of the issuer's page before somebody goes there. */
  change?: (url: URL) => void
}

/** Logs somebody in at the issuer. Gives the address by which the issuer sends them back, which is not visited yet. */
async function toCallback(browser: BrowserSession, login: string, { at = url, to = '/', change }: Way = {}) {
  const begin = `${at}/v1/login/oidc?to=${encodeURIComponent(to)}`
  const { url: sent } = await browser.visit(begin, {}, (one) => !one.startsWith(at))
  const issuerUrl = new URL(sent)
  change?.(issuerUrl)
  const page = await browser.visit(issuerUrl.href)
  const consent = await browser.submit(page, { login, password: 'x' })
  const { url: back } = await browser.submit(consent, {}, isCallback)
  return back
}

/** Logs somebody in. Gives the address of the dashboard to which they come. */
async function logIn(browser: BrowserSession, login: string, way: Way = {}): Promise<string> {
  return (await browser.visit(await toCallback(browser, login, way), {}, isPage)).url
}

async function ask(browser: BrowserSession, path: string, init: RequestInit = {}, at = url) {
  const headers = { 'x-tallyman-csrf': '1', ...(init.body && { 'content-type': 'application/json' }) }
  const answer = await browser.request(at + path, { ...init, headers })
  const text = await answer.text()
  return { status: answer.status, body: text === '' ? {} : JSON.parse(text) }
}

describe('somebody whom the issuer knows', () => {
  test('logs in, and comes to the page that they wanted', async () => {
    const browser = makeBrowserSession()
    expect((await ask(browser, '/v1/login')).body).toEqual({
      ...{ methods: ['token', 'oidc'], oidc: { name: 'Example', url: '/v1/login/oidc' }, public: false },
    })
    expect(await logIn(browser, 'ann', { to: '/projects/ci%2Fteam-a?tab=tags' })).toBe(
      `${url}/projects/ci%2Fteam-a?tab=tags`,
    )
    const { status, body } = await ask(browser, '/v1/session')
    expect([status, body]).toEqual([
      200,
      {
        ...{ by: 'oidc', who: 'user ann@example.com', name: 'ann@example.com', seesAll: true },
        ...{ verbs: ['read', 'expire'], projects: ['**', 'ci/team-a/**'] },
        grants: [
          { verbs: ['read'], projects: ['**'] },
          { verbs: ['expire'], projects: ['ci/team-a/**'] },
        ],
        ...{ until: expect.any(String), version: expect.any(String) },
      },
    ])
    const [cookie = ''] = [...browser.cookies(url).values()]
    expect(decodeURIComponent(cookie)).not.toContain('ann')
  })

  test('may do what a group may, where that group may, and nothing of it elsewhere', async () => {
    const browser = makeBrowserSession()
    await logIn(browser, 'ann')
    const keep = (image: string) =>
      ask(browser, '/v1/expiry/keeps', { method: 'POST', body: JSON.stringify({ image }) })
    expect((await keep('ci/team-a/app:v1')).status).not.toBe(403)
    const other = await keep('ci/team-b/app:v1')
    expect([other.status, other.body.detail]).toEqual([
      404,
      expect.stringContaining('the user ann@example.com has expire over ci/team-a/**'),
    ])
    const snooze = (project: string) =>
      ask(browser, `/v1/alerts/snoozes/${encodeURIComponent(project)}`, {
        ...{ method: 'PUT', body: JSON.stringify({ for: '1d' }) },
      })
    expect((await snooze('ci/team-a/app')).status).toBe(200)
    const refused = await snooze('ci/team-b/app')
    expect([refused.status, refused.body.detail]).toEqual([
      403,
      'this needs expire in ci/team-b/app: the user ann@example.com has read over all projects, and expire over ci/team-a/**',
    ])
    expect((await ask(browser, '/v1/registries')).status).toBe(200)
    expect((await ask(browser, '/v1/snapshots', { method: 'POST', body: '{}' })).status).toBe(403)
    const { body } = await ask(browser, '/v1/audit')
    expect(body.entries[0]).toMatchObject({
      ...{ action: 'snooze.added', by: expect.stringMatching(/^user ann@example\.com from 127\.0\.0\.1$/) },
    })
  })

  test('is not named in records where names are not kept, and approves under the own name', async () => {
    const own = await startOwn({
      config: { actors: false },
      oidc: { grants: [{ group: '*', verbs: ['promote', 'expire'], projects: ['**'] }] },
    })
    const browser = makeBrowserSession()
    await logIn(browser, 'eve', { at: own.url })
    const path = `/v1/alerts/snoozes/${encodeURIComponent('ci/team-a/app')}`
    await ask(browser, path, { method: 'PUT', body: JSON.stringify({ for: '1d' }) }, own.url)
    const { body } = await ask(browser, '/v1/audit', {}, own.url)
    expect(body.entries[0].by).toBe('user of Example from 127.0.0.1')
    expect((await ask(browser, '/v1/session', {}, own.url)).body.name).toBe('eve@example.com')
    const approve = (body: object) =>
      ask(browser, '/v1/promotions/none/approve', { method: 'POST', body: JSON.stringify(body) }, own.url)
    const asBob = await approve({ by: 'bob' })
    expect([asBob.status, asBob.body.detail]).toEqual([
      400,
      'you are eve@example.com, so you cannot approve as bob',
    ])
    expect((await approve({})).status).toBe(404)
    expect((await approve({ by: 'eve@example.com' })).status).toBe(404)
  })

  test('has no name by an address that was not verified', async () => {
    const browser = makeBrowserSession()
    await logIn(browser, 'mal')
    expect((await ask(browser, '/v1/session')).body.name).toBe('mal')
  })

  test('logs out of Tallyman', async () => {
    const browser = makeBrowserSession()
    await logIn(browser, 'ann')
    expect((await ask(browser, '/v1/session', { method: 'DELETE' })).status).toBe(204)
    expect((await ask(browser, '/v1/session')).status).toBe(401)
  })

  test.each([
    'https://evil.example.com/',
    '//evil.example.com',
    '/\\evil.example.com',
    'projects',
    '/a b',
    '',
  ])('is not sent to %j after it', async (to) => {
    const answer = await fetch(`${url}/v1/login/oidc?to=${encodeURIComponent(to)}`, { redirect: 'manual' })
    expect([answer.status, Object(await answer.json()).detail]).toEqual([
      400,
      'querystring/to: expected a path of the dashboard, such as /projects',
    ])
  })
})

describe('the groups', () => {
  test('of somebody who may do nothing are told to them', async () => {
    const browser = makeBrowserSession()
    expect(await logIn(browser, 'bob')).toBe(`${url}/login?error=no-group`)
    const { status, body } = await ask(browser, '/v1/session')
    expect([status, body.detail]).toEqual([
      403,
      'you are bob@example.com, and no group of yours may do anything here. The login told these groups: team-b, visitors',
    ])
    expect((await ask(browser, '/v1/projects')).status).toBe(401)
    const other = makeBrowserSession()
    await logIn(other, 'eve')
    expect((await ask(other, '/v1/session')).body.detail).toContain('The login told no groups')
    const logIns = { method: 'POST', body: JSON.stringify({ token: READ_TOKEN }) }
    expect((await ask(browser, '/v1/session', logIns)).status).toBe(201)
    expect((await ask(browser, '/v1/session')).body.who).toBe('read token')
  })

  test('may be many, with long names: the cookie still fits', async () => {
    const browser = makeBrowserSession()
    expect(await logIn(browser, 'cy')).toBe(`${url}/login?error=no-group`)
    const [cookie = ''] = [...browser.cookies(url).values()]
    expect(cookie.length).toBeGreaterThan(500)
    expect(cookie.length).toBeLessThan(3_800)
  })
})

describe('nobody comes in', () => {
  const expectOut = async (browser: BrowserSession, at: string, code: string) => {
    expect(at).toBe(`${url}/login?error=${code}`)
    expect((await ask(browser, '/v1/session')).status).toBe(401)
  }

  test('with another state', async () => {
    const browser = makeBrowserSession()
    const back = new URL(await toCallback(browser, 'ann'))
    back.searchParams.set('state', 'another')
    await expectOut(browser, (await browser.visit(back.href, {}, isPage)).url, 'expired')
  })

  test('in another browser than the one that began: nobody is logged in as somebody else', async () => {
    const back = await toCallback(makeBrowserSession(), 'ann')
    const browser = makeBrowserSession()
    await expectOut(browser, (await browser.visit(back, {}, isPage)).url, 'expired')
    // Nor in one that has begun a login of its own, with the state of that.
    const own = new URL(await toCallback(browser, 'ann'))
    const stolen = new URL(back)
    stolen.searchParams.set('state', own.searchParams.get('state') ?? '')
    await expectOut(browser, (await browser.visit(stolen.href, {}, isPage)).url, 'failed')
  })

  test('with another nonce', async () => {
    const browser = makeBrowserSession()
    const back = await toCallback(browser, 'ann', {
      change: (at) => at.searchParams.set('nonce', 'another'),
    })
    await expectOut(browser, (await browser.visit(back, {}, isPage)).url, 'failed')
  })

  test('with another challenge', async () => {
    const browser = makeBrowserSession()
    const back = await toCallback(browser, 'ann', {
      change: (at) => at.searchParams.set('code_challenge', 'A'.repeat(43)),
    })
    await expectOut(browser, (await browser.visit(back, {}, isPage)).url, 'failed')
  })

  test('with a code a second time, also with the cookie of the first', async () => {
    const browser = makeBrowserSession()
    const back = await toCallback(browser, 'ann')
    const before = new Map(browser.cookies(url))
    expect((await browser.visit(back, {}, isPage)).url).toBe(`${url}/`)
    const thief = makeBrowserSession()
    for (const [name, value] of before) thief.cookies(url).set(name, value)
    await expectOut(thief, (await thief.visit(back, {}, isPage)).url, 'failed')
  })

  test('whom the issuer refuses; what it says is not shown', async () => {
    const browser = makeBrowserSession()
    const back = new URL(await toCallback(browser, 'ann'))
    const refused = new URL(back.origin + back.pathname)
    for (const key of ['state', 'iss']) refused.searchParams.set(key, back.searchParams.get(key) ?? '')
    refused.searchParams.set('error', 'access_denied')
    refused.searchParams.set('error_description', '<script>alert(1)</script>')
    await expectOut(browser, (await browser.visit(refused.href, {}, isPage)).url, 'denied')
  })

  test('without anything', async () => {
    const browser = makeBrowserSession()
    await expectOut(
      browser,
      (await browser.visit(`${url}/v1/login/oidc/callback`, {}, isPage)).url,
      'expired',
    )
  })

  test('whose groups are of no grant any more, after a restart', async () => {
    const browser = makeBrowserSession()
    await logIn(browser, 'ann')
    const next = await startTallyman(
      {
        server: { readToken: READ_TOKEN, adminToken: ADMIN_TOKEN, publicUrl: url },
        login: {
          oidc: oidcOf(issuer, { grants: [{ group: 'others', verbs: ['admin'], projects: ['**'] }] }),
        },
      },
      { queues: [], redis: tallyman.redis },
    )
    onTestFinished(() => next.close())
    const cookie = [...browser.cookies(url)].map((pair) => pair.join('=')).join()
    const answer = await next.app.inject({ url: '/v1/projects', headers: { cookie } })
    expect([answer.statusCode, answer.json().detail]).toEqual([
      ...[401, 'no group of yours may do anything here any more: log in again'],
    ])
  })
})

test('a session of one issuer ends if another one is configured, also if its groups have the same names', async () => {
  const browser = makeBrowserSession()
  await logIn(browser, 'ann')
  const other = oidcOf(issuer, { issuer: 'https://other.example.com' })
  const next = await startTallyman(
    {
      server: { readToken: READ_TOKEN, adminToken: ADMIN_TOKEN, publicUrl: url },
      login: { oidc: other },
    },
    { queues: [], redis: tallyman.redis },
  )
  onTestFinished(() => next.close())
  const cookie = [...browser.cookies(url)].map((pair) => pair.join('=')).join()
  expect((await next.app.inject({ url: '/v1/projects', headers: { cookie } })).statusCode).toBe(401)
  expect((await tallyman.app.inject({ url: '/v1/projects', headers: { cookie } })).statusCode).toBe(200)
})

test('while the issuer is away, the service starts and tokens let people in; once it is back, so does the issuer', async () => {
  const { log, lines } = keepLines()
  const own = await startOwn({ log })
  await own.issuer.stop()
  const browser = makeBrowserSession()
  const away = await browser.visit(`${own.url}/v1/login/oidc`, {}, isPage)
  expect(away.url).toBe(`${own.url}/login?error=unavailable`)
  expect(JSON.stringify(lines)).toContain('does not answer')
  const logIns = { method: 'POST', body: JSON.stringify({ token: READ_TOKEN }) }
  expect((await ask(browser, '/v1/session', logIns, own.url)).status).toBe(201)
  await own.issuer.start()
  await eventually(
    () => logIn(makeBrowserSession(), 'ann', { at: own.url }),
    (at) => at === `${own.url}/`,
  )
  // It goes away while somebody logs in.
  const other = makeBrowserSession()
  const back = await toCallback(other, 'ann', { at: own.url })
  await own.issuer.stop()
  expect((await other.visit(back, {}, isPage)).url).toBe(`${own.url}/login?error=unavailable`)
  await own.issuer.start()
})

import { afterEach, expect, test } from 'vitest'
import { makeBrowserSession } from '../../lab/browser-session.ts'
import { CLIENT, startOidcIssuer } from '../../lab/oidc-issuer.ts'
import { LoginFailure } from '../../src/access/login-failure.ts'
import { makeOidcLogin } from '../../src/access/oidc-login.ts'
import { userOfClaims } from '../../src/access/user-of-claims.ts'
import type { OidcConfig } from '../../src/config/login-section.ts'
import { makeDispatcher } from '../../src/platform/dispatcher.ts'

const REDIRECT = 'http://127.0.0.1:9/v1/login/oidc/callback'
const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

const CLAIMS = {
  ...{ email: 'dan@example.com', email_verified: true },
  groups: ['everybody'],
  realm: { roles: ['realm-admins'] },
}

async function setUp(
  about: Partial<Parameters<typeof startOidcIssuer>[0]> = {},
  more: Partial<OidcConfig> = {},
) {
  const issuer = await startOidcIssuer({ redirectUri: REDIRECT, accounts: { dan: CLAIMS }, ...about })
  const dispatcher = makeDispatcher({})
  closers.push(issuer.close, () => dispatcher.destroy())
  const clock = { now: Date.now() }
  const oidc: OidcConfig = {
    ...{ issuer: issuer.url, clientId: CLIENT.id, clientSecret: CLIENT.secret, name: 'Example' },
    ...{ scopes: ['email', 'groups'], groupsClaim: 'groups', grants: [], ...more },
  }
  return {
    ...{ issuer, clock },
    login: makeOidcLogin({ oidc, redirectUri: REDIRECT, dispatcher, now: () => clock.now }),
  }
}
type Login = Awaited<ReturnType<typeof setUp>>['login']

/** The query with which the issuer sends dan back. */
async function queryOf(url: string): Promise<string> {
  const browser = makeBrowserSession()
  const isBack = (at: string) => at.startsWith(REDIRECT)
  const consent = await browser.submit(await browser.visit(url), { login: 'dan', password: 'x' })
  return new URL((await browser.submit(consent, {}, isBack)).url).search.slice(1)
}

async function logIn(login: Login) {
  const { url, flow } = await login.begin()
  return login.finish(await queryOf(url), flow)
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'in',
    (error) => (error instanceof LoginFailure ? error.code : Promise.reject(error)),
  )

test.each<[string, Partial<Parameters<typeof startOidcIssuer>[0]>, Partial<OidcConfig>, string[]]>([
  ['by its userinfo', {}, {}, ['everybody']],
  ['in the ID token', { inToken: true }, {}, ['everybody']],
  ['in a claim inside another', { inToken: true }, { groupsClaim: 'realm.roles' }, ['realm-admins']],
  ['not at all', {}, { groupsClaim: 'teams' }, []],
  ['where it wants the secret in the body', { authMethod: 'client_secret_post' }, {}, ['everybody']],
])('an issuer tells the groups %s', async (_, about, more, groups) => {
  const { login } = await setUp(about, more)
  expect(await logIn(login)).toEqual({ subject: 'dan', name: 'dan@example.com', groups })
})

test('what is asked for', async () => {
  const { login, issuer } = await setUp({}, { scopes: ['openid', 'groups'] })
  const { url, flow } = await login.begin()
  const { origin, searchParams } = new URL(url)
  expect([origin, Object.fromEntries(searchParams)]).toEqual([
    issuer.url,
    {
      ...{ client_id: CLIENT.id, response_type: 'code', redirect_uri: REDIRECT, scope: 'openid groups' },
      ...{ state: flow.state, nonce: flow.nonce, code_challenge_method: 'S256' },
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    },
  ])
  const other = await login.begin()
  expect(other.flow.state).not.toBe(flow.state)
  expect(url).not.toContain(flow.verifier)
})

test('a login may take ten minutes', async () => {
  const { login, clock } = await setUp()
  const { url, flow } = await login.begin()
  const query = await queryOf(url)
  clock.now += 600_000
  expect(await codeOf(login.finish(query, flow))).toBe('expired')
  clock.now -= 1
  expect(await codeOf(login.finish(query, flow))).toBe('in')
})

test('an issuer that is away is asked again some seconds later, and one that was found an hour later', async () => {
  const { login, issuer, clock } = await setUp()
  await issuer.stop()
  expect(await codeOf(login.begin())).toBe('unavailable')
  await issuer.start()
  expect(await codeOf(login.begin())).toBe('unavailable')
  clock.now += 5_000
  expect(await codeOf(login.begin())).toBe('in')
  await issuer.stop()
  clock.now += 3_599_999
  expect(await codeOf(login.begin())).toBe('in')
  clock.now += 1
  expect(await codeOf(login.begin())).toBe('unavailable')
  await issuer.start()
})

test('a secret of the client that is wrong lets nobody in, and is not told', async () => {
  const { login } = await setUp({}, { clientSecret: 'another-secret-of-clients' })
  const error = await logIn(login).catch((failure: Error) => failure)
  expect(error).toMatchObject({
    code: 'failed',
    message: expect.stringContaining('does not take clientId and clientSecret'),
  })
  expect(Object(error).message).not.toContain('another-secret-of-clients')
})

test('an issuer with another name in its document is not taken', async () => {
  const { login } = await setUp({}, {})
  expect(await codeOf(login.begin())).toBe('in')
  const { issuer } = await setUp()
  const { login: other } = await setUp({}, { issuer: issuer.url.replace('127.0.0.1', 'localhost') })
  expect(await codeOf(other.begin())).toBe('failed')
})

test.each([
  [{ email: 'a@b.c', preferred_username: 'ann', name: 'Ann' }, 'ann'],
  [{ email: 'a@b.c', email_verified: 'true' }, 'sub-1'],
  // Somebody else's address as one's own name.
  [{ email: 'x@b.c', email_verified: false, name: 'a@b.c' }, 'sub-1'],
  [{ email: 'a@b.c', email_verified: true }, 'a@b.c'],
  [{ email: 'a@b.c', email_verified: false, preferred_username: 'ann' }, 'ann'],
  [{ email: 'a@b.c', email_verified: false }, 'sub-1'],
  [{ email: '', email_verified: true, name: 'Ann' }, 'sub-1'],
  [{ email: 7, name: ['x'] }, 'sub-1'],
])('%j is %s', (claims, name) => {
  expect(userOfClaims({ sub: 'sub-1', ...claims }, 'groups').name).toBe(name)
})

test.each<[Record<string, unknown>, string, string[]]>([
  [{ groups: ['a', 'b'] }, 'groups', ['a', 'b']],
  [{ groups: 'a' }, 'groups', ['a']],
  [{ groups: ['a', 7, null, { b: 1 }] }, 'groups', ['a']],
  [{ 'https://example.com/groups': ['a'] }, 'https://example.com/groups', ['a']],
  [{ realm_access: { roles: ['a'] } }, 'realm_access.roles', ['a']],
  [{ realm_access: null }, 'realm_access.roles', []],
  [{}, 'constructor.name', []],
  [{ groups: { a: 1 } }, 'groups', []],
])('the groups of %j in %s are %j', (claims, claim, groups) => {
  expect(userOfClaims({ sub: 'x', ...claims }, claim).groups).toEqual(groups)
})

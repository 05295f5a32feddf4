import { readFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { base64url, SignJWT, UnsecuredJWT } from 'jose'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { makeCertificates } from '../../lab/certificates.ts'
import {
  AUDIENCE,
  githubClaims,
  gitlabClaims,
  type LabIssuer,
  type LabKey,
  makeKey,
  sign,
  startIssuer,
} from '../../lab/issuer.ts'
import { keepLines } from '../../lab/log-lines.ts'
import { startProxy } from '../../lab/proxy.ts'
import { makeAuthenticateCi } from '../../src/ci/authenticate-ci.ts'
import type { KeyLimits } from '../../src/ci/issuer-keys.ts'
import { CiRefusal } from '../../src/ci/refusal.ts'
import type { CiIssuer } from '../../src/config/ci-section.ts'
import { makeDispatcher } from '../../src/platform/dispatcher.ts'
import { makeLog } from '../../src/platform/log.ts'

let key: LabKey
let other: LabKey
let elliptic: LabKey
let issuer: LabIssuer
const closers: (() => Promise<unknown>)[] = []
beforeAll(async () => {
  ;[key, other, elliptic] = await Promise.all([makeKey('one'), makeKey('two'), makeKey('three', 'ES256')])
})
beforeEach(async () => {
  issuer = await startIssuer([key])
  closers.push(issuer.close)
})
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

const LIMITS: KeyLimits = {
  ...{ maxAgeMs: 600_000, cooldownMs: 600_000, failedMs: 600_000 },
}

/** Authenticates tokens of the issuer. The result is the principal, or the refusal in one line. */
function setUp(
  config: Partial<CiIssuer> = {},
  { limits = {}, log = makeLog('silent'), dispatcher = makeDispatcher({}) } = {},
) {
  closers.push(() => dispatcher.destroy())
  const authenticate = makeAuthenticateCi({
    issuers: [
      {
        ...{ name: 'gitlab', type: 'gitlab', issuer: issuer.url, audience: AUDIENCE, algorithms: ['RS256'] },
        projects: [{ path: '**', registry: 'ci', project: '{path}' }],
        ...config,
        dispatcher,
      } as CiIssuer & { dispatcher: typeof dispatcher },
    ],
    firstIdOf: async ({ id }) => id,
    log,
    now: Date.now,
    keyLimits: { ...LIMITS, ...limits },
  })
  return (token: string | Promise<string>) =>
    Promise.resolve(token)
      .then((token) => authenticate(token, '10.0.0.7'))
      .catch((error) =>
        error instanceof CiRefusal ? `${error.status}: ${error.message}` : Promise.reject(error),
      )
}

const claims = (more: Record<string, unknown> = {}) => ({ ...gitlabClaims(issuer.url), ...more })
const seconds = () => Math.floor(Date.now() / 1000)
const DISCOVERY = '/.well-known/openid-configuration'
const KEYS = '/oauth/discovery/keys'

test('a job of GitLab is known by its token', async () => {
  const authenticate = setUp()
  expect(await authenticate(sign(key, claims()))).toMatchObject({
    ...{ kind: 'ci', issuer: 'gitlab', projects: ['ci/team-a/app'] },
    claims: { project: 'team-a/app', projectId: '22', job: '302', pipeline: '574', user: 'ann' },
  })
  expect(await authenticate(sign(key, claims({ aud: ['https://other', AUDIENCE] })))).toMatchObject({
    kind: 'ci',
  })
  expect(issuer.asked).toEqual([DISCOVERY, KEYS])
})

test('a job of GitHub is known by its token', async () => {
  const projects = [{ path: 'acme/*', registry: 'ci', project: 'github/{path}' }]
  const authenticate = setUp({ type: 'github', name: 'github', projects })
  expect(await authenticate(sign(key, githubClaims(issuer.url)))).toMatchObject({
    ...{ issuer: 'github', projects: ['ci/github/acme/app'] },
    claims: { pipeline: '20', commit: '714a629c0b401fdce83e847fc9589983fc6f46bc', environment: 'production' },
  })
})

test.each<[string, () => Record<string, unknown>, string]>([
  ['that has expired', () => ({ exp: seconds() - 31 }), 'it has expired (exp)'],
  ['without an end', () => ({ exp: undefined }), 'its claim exp is missing or wrong'],
  ['whose end is text', () => ({ exp: '2099-01-01' }), 'its claim exp is missing or wrong'],
  ['of the future', () => ({ nbf: seconds() + 40 }), 'it is not valid yet (nbf)'],
  [
    'for another service',
    () => ({ aud: 'https://vault.example.com' }),
    `its audience (aud) is not ${AUDIENCE}`,
  ],
  ['for nobody', () => ({ aud: undefined }), `its audience (aud) is not ${AUDIENCE}`],
  [
    'for a service with a longer name',
    () => ({ aud: `${AUDIENCE}.evil.com` }),
    `its audience (aud) is not ${AUDIENCE}`,
  ],
  [
    'of another issuer',
    () => ({ iss: 'https://evil.example.com' }),
    'its issuer (iss) is not one of ci.issuers',
  ],
  ['of no issuer', () => ({ iss: undefined }), 'its issuer (iss) is not one of ci.issuers'],
  [
    'of an issuer with a slash more',
    () => ({ iss: `${issuer.url}/` }),
    'its issuer (iss) is not one of ci.issuers',
  ],
])('a token %s is refused', async (_, more, message) => {
  expect(await setUp()(sign(key, claims(more())))).toBe(`401: ${message}`)
})

test('clocks may differ by half a minute', async () => {
  const authenticate = setUp()
  for (const more of [{ exp: seconds() - 20 }, { nbf: seconds() + 20 }])
    expect(await authenticate(sign(key, claims(more)))).toMatchObject({ kind: 'ci' })
})

describe('a token that the issuer did not sign', () => {
  const wrongAlgorithm = '401: its algorithm (alg) is not RS256'

  test('is refused if it has no signature', async () => {
    const authenticate = setUp()
    expect(await authenticate(new UnsecuredJWT(claims()).encode())).toBe(wrongAlgorithm)
    const header = base64url.encode(JSON.stringify({ alg: 'none', kid: 'one' }))
    const [, payload] = (await sign(key, claims())).split('.')
    expect(await authenticate(`${header}.${payload}.`)).toBe(wrongAlgorithm)
    const [signed] = (await sign(key, claims())).split('.')
    expect(await authenticate(`${signed}.${payload}.`)).toBe('401: its signature is wrong')
  })

  test.each(['HS256', 'HS384', 'HS512'])('is refused if the public key is the secret of %s', async (alg) => {
    const authenticate = setUp()
    for (const secret of [key.pem, key.pem.trim(), JSON.stringify(key.jwk), String(key.jwk.n)]) {
      const token = new SignJWT(claims()).setProtectedHeader({ alg, kid: 'one' })
      const bytes = new TextEncoder().encode(secret)
      expect(await authenticate(token.sign(bytes))).toBe(wrongAlgorithm)
    }
  })

  test('is refused if the issuer publishes a secret key, and somebody signs with it', async () => {
    const secret = base64url.encode('0123456789abcdef0123456789abcdef')
    issuer.answers.keys.push({ kty: 'oct', k: secret, kid: 'secret' })
    const token = new SignJWT(claims()).setProtectedHeader({ alg: 'HS256', kid: 'secret' })
    expect(await setUp()(token.sign(base64url.decode(secret)))).toBe(wrongAlgorithm)
  })

  test('is refused if another key signed it, or its content was changed', async () => {
    const authenticate = setUp()
    expect(await authenticate(sign({ ...other, kid: 'one' }, claims()))).toBe('401: its signature is wrong')
    const [header, , signature] = (await sign(key, claims())).split('.')
    const payload = base64url.encode(JSON.stringify(claims({ project_path: 'team-b/app' })))
    expect(await authenticate(`${header}.${payload}.${signature}`)).toBe('401: its signature is wrong')
  })

  test('is refused if it brings its own key', async () => {
    const authenticate = setUp()
    const jku = `${issuer.url}/evil`
    expect(await authenticate(sign(other, claims(), { jwk: other.jwk, jku, x5u: jku }))).toBe(
      '401: its key (kid) is not one of its issuer',
    )
    expect(issuer.asked).not.toContain('/evil')
    expect(await authenticate(sign(key, claims(), { kid: undefined }))).toBe(
      '401: it does not name its key (kid)',
    )
  })

  test('is refused if an algorithm signed it that is not allowed, though the issuer has the key', async () => {
    issuer.answers.keys.push(elliptic.jwk)
    expect(await setUp()(sign(elliptic, claims()))).toBe(wrongAlgorithm)
    expect(await setUp({ algorithms: ['RS256', 'ES256'] })(sign(elliptic, claims()))).toMatchObject({
      kind: 'ci',
    })
  })
})

test.each([
  ['', '401: it is not a JSON Web Token'],
  ['a.b.c', '401: it is not a JSON Web Token'],
  [`${base64url.encode('{}')}.${base64url.encode('[]')}.x`, '401: it is not a JSON Web Token'],
  ['e'.repeat(1024 * 1024), '401: it is longer than 16384 characters'],
])('what is no token is refused without a request (%#)', async (token, message) => {
  expect(await setUp()(token)).toBe(message)
  expect(issuer.asked).toEqual([])
})

test('whatever is in header, content and signature, what the issuer did not sign is refused with 401', async () => {
  const authenticate = setUp()
  const alg = fc.constantFrom('RS256', 'none', 'HS256', 'PS256', '', null, 1, ['RS256'])
  const header = fc.oneof(
    fc.jsonValue(),
    fc.record({ alg, kid: fc.constantFrom('one', 1, null) }, { requiredKeys: [] }),
    fc.record(
      { alg, kid: fc.constant('one'), crit: fc.jsonValue(), b64: fc.jsonValue() },
      { requiredKeys: ['alg', 'kid'] },
    ),
  )
  const content = fc.oneof(
    fc.jsonValue(),
    fc.record({ exp: fc.jsonValue(), aud: fc.jsonValue() }).map((more) => claims(more)),
    fc.constant(null).map(() => claims()),
  )
  await fc.assert(
    fc.asyncProperty(header, content, fc.base64String(), async (header, content, signature) => {
      const parts = [header, content].map((part) => base64url.encode(JSON.stringify(part)))
      expect(await authenticate([...parts, signature].join('.'))).toMatch(/^401: /)
    }),
    { numRuns: 300 },
  )
  await fc.assert(
    fc.asyncProperty(fc.string(), async (token) => {
      expect(await authenticate(token)).toMatch(/^401: /)
    }),
  )
})

test('a genuine token of 1 MB is refused', async () => {
  const groups = Array.from({ length: 50_000 }, (_, n) => `team-a/group-${n}`)
  expect(await setUp()(sign(key, claims({ groups_direct: groups })))).toBe(
    '401: it is longer than 16384 characters',
  )
})

test('a genuine token may not act without its claims, against a condition, or for a project that is not bound', async () => {
  expect(await setUp()(sign(key, claims({ project_path: undefined })))).toMatch(/^403: .*project_path/)
  const conditions = { ref_protected: ['true'] }
  const unprotected = claims({ ref_protected: 'false' })
  expect(await setUp({ conditions })(sign(key, unprotected))).toBe(
    '403: ref_protected is "false"; expected "true"',
  )
  const projects = [{ path: 'team-b/**', registry: 'ci', project: '{path}' }]
  expect(await setUp({ projects })(sign(key, claims()))).toMatch(/^403: no path .* team-a\/app$/)
  const byId = [{ path: 'team-a/app', id: '23', registry: 'ci', project: '{path}' }]
  expect(await setUp({ projects: byId })(sign(key, claims()))).toMatch(
    /^403: the project team-a\/app has the id 22 .* had 23/,
  )
})

describe('keys', () => {
  test('of an issuer are found among hundreds', async () => {
    const many = Array.from({ length: 500 }, (_, n) => ({ ...other.jwk, kid: `old-${n}` }))
    issuer.answers.keys = [...many, key.jwk]
    expect(await setUp()(sign(key, claims()))).toMatchObject({ kind: 'ci' })
  })

  test('of one id and algorithm are not tried one after the other', async () => {
    issuer.answers.keys = [{ ...other.jwk, kid: 'one' }, key.jwk]
    expect(await setUp()(sign(key, claims()))).toMatch(/^401: /)
  })

  test('are fetched once, whatever keys strangers name', async () => {
    const authenticate = setUp()
    const storm = Array.from({ length: 200 }, (_, n) =>
      authenticate(sign({ ...other, kid: `${n}` }, claims())),
    )
    expect(new Set(await Promise.all(storm))).toEqual(
      new Set(['401: its key (kid) is not one of its issuer']),
    )
    expect(await authenticate(sign(key, claims()))).toMatchObject({ kind: 'ci' })
    expect(issuer.asked).toEqual([DISCOVERY, KEYS])
  })

  test('that are new are fetched once the issuer may be asked again, and those that are gone are forgotten', async () => {
    const authenticate = setUp({}, { limits: { cooldownMs: 0 } })
    expect(await authenticate(sign(key, claims()))).toMatchObject({ kind: 'ci' })
    issuer.answers.keys = [other.jwk]
    issuer.answers.discovery = { jwks_uri: `${issuer.url}${KEYS}?moved` }
    // The server knows no such path, so the old keys stay.
    expect(await authenticate(sign(other, claims()))).toMatch(/^503: /)
    expect(await authenticate(sign(key, claims()))).toMatchObject({ kind: 'ci' })
    issuer.answers.discovery = {}
    const later = setUp({}, { limits: { cooldownMs: 0, failedMs: 0 } })
    expect(await later(sign(other, claims()))).toMatchObject({ kind: 'ci' })
    issuer.answers.keys = [key.jwk]
    expect(await later(sign(key, claims()))).toMatchObject({ kind: 'ci' })
    expect(await later(sign(other, claims()))).toBe('401: its key (kid) is not one of its issuer')
  })

  test('that are old are fetched anew', async () => {
    const authenticate = setUp({}, { limits: { maxAgeMs: 0 } })
    for (let n = 0; n < 2; n++) expect(await authenticate(sign(key, claims()))).toMatchObject({ kind: 'ci' })
    expect(issuer.asked).toEqual([DISCOVERY, KEYS, DISCOVERY, KEYS])
  })

  test('that cannot be read make the answer 503, and are not asked for by every token', async () => {
    issuer.answers.isDown = true
    const authenticate = setUp()
    for (let n = 0; n < 20; n++)
      expect(await authenticate(sign(key, claims()))).toBe(
        '503: the keys of its issuer cannot be read now: try again',
      )
    expect(issuer.asked).toEqual([DISCOVERY])
    const patient = setUp({}, { limits: { failedMs: 0 } })
    expect(await patient(sign(key, claims()))).toMatch(/^503/)
    issuer.answers.isDown = false
    expect(await patient(sign(key, claims()))).toMatchObject({ kind: 'ci' })
  })

  test.each<[string, () => void]>([
    [
      'names another issuer',
      () => Object.assign(issuer.answers.discovery, { issuer: 'https://evil.example.com' }),
    ],
    [
      'names keys without https elsewhere',
      () => Object.assign(issuer.answers.discovery, { jwks_uri: 'http://127.0.0.1:1/keys' }),
    ],
    [
      'names keys in a file',
      () => Object.assign(issuer.answers.discovery, { jwks_uri: 'file:///etc/passwd' }),
    ],
    ['names no keys', () => Object.assign(issuer.answers.discovery, { jwks_uri: undefined })],
  ])('of a discovery document that %s are not used', async (_, spoil) => {
    spoil()
    expect(await setUp()(sign(key, claims()))).toMatch(/^503: /)
    expect(issuer.asked).toEqual([DISCOVERY])
  })

  test('of more bytes than keys can have, and keys that are no list, are not used', async () => {
    issuer.answers.padding = 1024 * 1024
    expect(await setUp()(sign(key, claims()))).toMatch(/^503: /)
    issuer.answers.padding = 0
    issuer.answers.keys = {} as never
    expect(await setUp()(sign(key, claims()))).toMatch(/^503: /)
  })

  test('of an issuer with the certificate of an own CA are fetched over the proxy', async () => {
    const certificates = await makeCertificates()
    closers.push(certificates.close)
    const proxy = await startProxy()
    closers.push(proxy.close)
    const [tlsKey, cert] = [await readFile(certificates.server.key), await readFile(certificates.server.cert)]
    const ca = await readFile(certificates.ca, 'utf8')
    const server = createServer({ key: tlsKey, cert }, (request, answer) => {
      if (request.url === DISCOVERY) answer.end(JSON.stringify({ issuer: url, jwks_uri: `${url}/keys` }))
      else answer.end(JSON.stringify({ keys: [key.jwk] }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closers.push(async () => server.close())
    const { port } = server.address() as AddressInfo
    const url = `https://127.0.0.1:${port}`
    const over = { http: proxy.url, https: proxy.url, except: [] }
    const token = sign(key, gitlabClaims(url))
    const trusting = makeDispatcher({ proxy: over, tls: { ca } })
    expect(await setUp({ issuer: url }, { dispatcher: trusting })(token)).toMatchObject({ kind: 'ci' })
    expect(proxy.asked).toContain(`CONNECT 127.0.0.1:${port}`)
    const distrusting = makeDispatcher({ proxy: over })
    expect(await setUp({ issuer: url }, { dispatcher: distrusting })(token)).toMatch(/^503: /)
  })
})

test('a refusal is logged with its reason, once a minute, without the token', async () => {
  const { log, lines } = keepLines()
  const authenticate = setUp({}, { log })
  const token = await sign(key, claims({ exp: 1 }))
  for (let n = 0; n < 3; n++) await authenticate(token)
  await authenticate(sign(key, claims({ aud: 'other' })))
  expect(lines.map(({ msg }) => msg)).toEqual([
    'the token of a CI job was refused: it has expired (exp)',
    `the token of a CI job was refused: its audience (aud) is not ${AUDIENCE}`,
  ])
  expect(lines[0]).toMatchObject({ code: 'time', issuer: 'gitlab', from: '10.0.0.7', refused: 1 })
  expect(JSON.stringify(lines)).not.toContain(token.slice(0, 20))
})

import { expect, test } from 'vitest'
import { loadYaml, minimal, problemsOf } from './write-config.ts'

const withStorage = (keys: string) =>
  `${minimal}  c2: { url: "https://x", storage: { type: swift, container: c, ${keys} } }\n`

test.each([
  'authUrl: "https://k/v3", username: u, password: p, tenant: t, domainId: d',
  'authUrl: "https://k/v3", userId: u, password: p, tenantId: t, region: r, endpointType: internal',
  'authUrl: "https://k/v3", applicationCredentialId: i, applicationCredentialSecret: s',
  'authUrl: "https://k/identity", authVersion: 3, username: u, password: p',
  'authUrl: "https://k/auth/v1.0", username: "a:u", password: p, prefix: /below',
  'authUrl: "https://k/auth/1.0", username: "a:u", password: p',
])('%s is taken', async (keys) => {
  const config = await loadYaml(withStorage(keys))
  expect(config.registries.c2?.storage).toMatchObject({ type: 'swift', container: 'c' })
})

const LOGIN =
  'expected password with either username or userId, or applicationCredentialId with applicationCredentialSecret'
const VERSION = 'expected authVersion 1 or 3, since authUrl has neither v1 nor v3 in it'

test.each([
  ['authUrl: "https://k/v3", username: u', LOGIN],
  ['authUrl: "https://k/v3", password: p', LOGIN],
  ['authUrl: "https://k/v3", username: u, userId: u, password: p', LOGIN],
  ['authUrl: "https://k/v3", applicationCredentialId: i', LOGIN],
  [
    'authUrl: "https://k/v3", applicationCredentialId: i, applicationCredentialSecret: s, username: u, password: p',
    LOGIN,
  ],
  ['authUrl: "https://k/identity", username: u, password: p', VERSION],
  ['authUrl: "https://k/v3", authVersion: 2, username: u, password: p', VERSION],
  ['authUrl: "https://k/v1", userId: u, password: p', VERSION],
  ['username: u, password: p', 'authUrl'],
  ['authUrl: "https://k/v3", username: u, password: p, endpointType: other', 'endpointType'],
])('%s is refused: %s', async (keys, problem) => {
  expect(await problemsOf(withStorage(keys))).toEqual([expect.stringContaining(problem)])
})

test('its password is read from a file, and the auth version from the environment', async () => {
  const yaml = withStorage('authUrl: "https://k/identity", authVersion: 1, username: u, passwordFile: key')
  const env = { TALLYMAN_REGISTRIES__C2__STORAGE__AUTH_VERSION: '3' }
  const config = await loadYaml(yaml, env, { key: 'from a file\n' })
  expect(config.registries.c2?.storage).toMatchObject({ password: 'from a file', authVersion: 3 })
})

import { expect, test } from 'vitest'
import { ConfigError } from '../../src/config/config-error.ts'
import { loadYaml, minimal, problemsOf } from './write-config.ts'

test('a variable overrides a value of the file, or gives one that the file lacks', async () => {
  const config = await loadYaml(
    `${minimal}quotas: [{ project: '**', limit: 1 }]\nstore: { type: s3, bucket: b }\n`,
    {
      TALLYMAN_SERVER__PORT: '9000',
      TALLYMAN_SERVER__READ_TOKEN: '1234567890123456',
      TALLYMAN_REDIS__PREFIX: '007',
      TALLYMAN_REGISTRIES__CI__TOKEN: 'token-of-the-environment',
      TALLYMAN_REGISTRIES__CI__PROJECT__PATTERN: '(?P<project>.*)',
      TALLYMAN_QUOTAS__0__LIMIT: '2kB',
      TALLYMAN_EXPIRY__MAX_SHARE: '10%',
      TALLYMAN_STORE__BUCKET: 'another',
      TALLYMAN_DATA_DIR: '/data',
      TALLYMAN_CONFIG: '/etc/tallyman.yaml',
      HOME: '/root',
    },
  )
  expect(config).toMatchObject({
    server: { port: 9000, readToken: '1234567890123456' },
    redis: { prefix: '007' },
    registries: { ci: { token: 'token-of-the-environment', project: { pattern: '(?P<project>.*)' } } },
    quotas: [{ project: '**', limit: 2000 }],
    expiry: { maxShare: 0.1 },
    store: { type: 's3', bucket: 'another' },
    dataDir: '/data',
  })
})

test('variables can give a whole section that the file lacks', async () => {
  const config = await loadYaml(minimal, { TALLYMAN_STORE__TYPE: 's3', TALLYMAN_STORE__BUCKET: 'b' })
  expect(config.store).toMatchObject({ type: 's3', bucket: 'b', region: 'us-east-1' })
})

test('a variable has an underscore for a dash in the name of a registry', async () => {
  const config = await loadYaml(`${minimal}  my-cache: { url: 'https://a' }\n`, {
    TALLYMAN_REGISTRIES__MY_CACHE__URL: 'https://b',
  })
  expect(config.registries['my-cache']?.url).toBe('https://b')
})

test('an empty variable counts as absent', async () => {
  const config = await loadYaml(minimal, { TALLYMAN_SERVER__PORT: '', REDIS_URL: '', TALLYMAN_NOTHING: '' })
  expect(config.server.port).toBe(8080)
  expect(config.redis).not.toHaveProperty('url')
})

test('REDIS_URL overrides the file, and TALLYMAN_REDIS__URL overrides REDIS_URL', async () => {
  const yaml = `${minimal}redis: { url: 'redis://file' }\n`
  const files = { secret: 'redis://secret\n' }
  const url = async (env: NodeJS.ProcessEnv) => (await loadYaml(yaml, env, files)).redis.url
  expect(await url({})).toBe('redis://file')
  expect(await url({ REDIS_URL: 'redis://plain' })).toBe('redis://plain')
  expect(await url({ REDIS_URL: 'redis://plain', TALLYMAN_REDIS__URL: 'redis://ours' })).toBe('redis://ours')
  expect(await url({ REDIS_URL: 'redis://plain', TALLYMAN_REDIS__URL_FILE: 'secret' })).toBe('redis://secret')
})

test('a problem with a value names its variable', async () => {
  expect(
    await problemsOf(minimal, {
      TALLYMAN_SERVER__PORT: '80a',
      TALLYMAN_SERVER__READ_TOKEN: 'short',
      REDIS_URL: 'redis',
    }),
  ).toEqual([
    'TALLYMAN_SERVER__PORT: server.port: expected an integer from 0 to 65535, got "80a"',
    'TALLYMAN_SERVER__READ_TOKEN: server.readToken: expected a string of at least 16 characters',
    expect.stringContaining('REDIS_URL: redis.url: expected redis://host:port, redis+cluster://'),
  ])
})

test.each([
  ['TALLYMAN_SEVER__PORT', 'did you mean TALLYMAN_SERVER__PORT?'],
  ['TALLYMAN_REGISTRIES__C1__TOKEN', 'did you mean TALLYMAN_REGISTRIES__CI__TOKEN?'],
  ['TALLYMAN_CONFIGG', 'did you mean TALLYMAN_CONFIG?'],
  ['TALLYMAN_COLOUR', 'no key has this path'],
])('%s is unknown', async (variable, hint) => {
  expect(await problemsOf(minimal, { [variable]: 'x' })).toEqual([`${variable}: unknown variable; ${hint}`])
})

test('ignores the variables that Kubernetes sets for a Service called tallyman', async () => {
  const env = {
    TALLYMAN_SERVICE_HOST: '10.0.0.1',
    TALLYMAN_SERVICE_PORT_HTTP: '80',
    TALLYMAN_PORT: 'tcp://10.0.0.1:80',
    TALLYMAN_PORT_80_TCP_ADDR: '10.0.0.1',
    TALLYMAN_WEB_SERVICE_PORT: '80',
  }
  expect(await problemsOf(minimal, env)).toEqual([])
})

test('the error has the problems as data', async () => {
  const error = await loadYaml(minimal, { TALLYMAN_SERVER__PORT: '-1' }).catch((error) => error)
  expect(error).toBeInstanceOf(ConfigError)
  expect(error.problems).toEqual([
    {
      location: { variable: 'TALLYMAN_SERVER__PORT' },
      key: 'server.port',
      message: 'expected an integer from 0 to 65535',
      got: '"-1"',
    },
  ])
})

import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { makeCertificates } from '../../lab/certificates.ts'
import { startFaultyProxy, startFaultyRegistry } from '../../lab/faulty-registry.ts'
import { makeImage } from '../../lab/image.ts'
import { freePort } from '../../lab/ports.ts'
import { pushImage } from '../../lab/push-image.ts'
import { type LabRedis, startRedis } from '../../lab/redis.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'
import { startDoctorBed, TOKENS } from './doctor-bed.ts'

/** Set-ups that are broken for real. The doctor runs beside the configuration, and the service does not run. */
const HTPASSWD = 'alice:$2b$05$f7WCXQb1o08uoyQlAvN9n./H/7Dy/qv6z0F/xBuijWlTGtAp.xKPq\n' // pw
const token = 'token-of-the-registry'
let bed: Awaited<ReturnType<typeof startDoctorBed>>
let redis: LabRedis
let registry: LabRegistry
const closers: (() => unknown)[] = []

beforeAll(async () => {
  bed = await startDoctorBed()
  redis = await startRedis({ args: ['--appendonly', 'yes'] })
  registry = await startRegistry()
  await push(registry.url)
})
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})
afterAll(async () => {
  await registry.close()
  await redis.close()
  await bed.close()
})

async function push(url: string, credentials?: { username: string; password: string }): Promise<void> {
  const client = makeRegistryClient({ name: 'ci', url, ...(credentials && { credentials }) })
  await pushImage(client, 'team-a/app', 'v1', makeImage({ layers: [{ seed: 'a', bytes: 500 }] }))
  await client.close()
}

/** What is wrong, but for the service that does not run, and that none of these registries tells what it could not deliver. */
async function wrongIn(config: object) {
  const { status, wrong } = await bed.doctor({
    redis: { url: redis.url },
    registries: { ci: { url: registry.url, token } },
    ...config,
  })
  expect(status).toBe(1)
  expect(wrong[0]).toMatchObject({
    ...{ check: 'service', level: 'error', what: expect.stringContaining('no answer (ECONNREFUSED)') },
    fix: expect.stringContaining('tallyman start'),
  })
  return wrong.slice(1).filter(({ check }) => check !== 'deliveries of ci')
}

test('the service does not run, and all else is right', async () => {
  expect(await wrongIn({})).toEqual([])
})

test('the configuration is wrong', async () => {
  const { status, wrong } = await bed.doctor({ registries: { ci: { ulr: registry.url } } })
  expect(status).toBe(1)
  expect(wrong).toEqual([
    expect.objectContaining({ level: 'error', what: expect.stringContaining('registries.ci.url: missing') }),
    expect.objectContaining({ what: expect.stringContaining('registries.ci.ulr: unknown key') }),
  ])
  expect(wrong[0]?.fix).toMatch(/tallyman config check/)
})

describe('redis', () => {
  const start = async (...args: string[]): Promise<LabRedis> => {
    const started = await startRedis({ args })
    closers.push(started.close)
    return started
  }
  const aof = ['--appendonly', 'yes']
  const cases: [string, string[], { level: string; what: string; fix: string }][] = [
    [
      'evicts',
      [...aof, '--maxmemory-policy', 'allkeys-lru'],
      { level: 'error', what: 'maxmemory-policy allkeys-lru', fix: 'CONFIG SET maxmemory-policy noeviction' },
    ],
    [
      'keeps nothing',
      [],
      { level: 'warning', what: 'keeps nothing on disk', fix: 'CONFIG SET appendonly yes' },
    ],
    [
      'only saves now and then',
      ['--save', '3600 1'],
      { level: 'warning', what: 'writes to disk only now and then', fix: 'CONFIG SET appendonly yes' },
    ],
    [
      'is nearly full',
      [...aof, '--maxmemory', '100kb'],
      { level: 'error', what: 'is nearly full', fix: 'raise maxmemory' },
    ],
    [
      'is a replica',
      [...aof, '--replicaof', '127.0.0.1 1', '--replica-serve-stale-data', 'yes'],
      { level: 'error', what: 'is a replica: it refuses writes', fix: 'name the master' },
    ],
    ['wants a password', [...aof], { level: 'error', what: 'WRONGPASS', fix: 'correct user and password' }],
  ]
  test.each(cases)('that %s', async (name, args, { level, what, fix }) => {
    const { url } = await start(...args)
    const asked = name === 'wants a password' ? url.replace('//', '//nobody:wrong@') : url
    const wrong = await wrongIn({ redis: { url: asked } })
    expect(wrong).toEqual([
      {
        ...{ check: 'redis', level, what: expect.stringContaining(what) },
        fix: expect.stringContaining(fix),
        ...(['is nearly full'].includes(name) && { why: expect.any(String) }),
      },
    ])
  })

  test('that nobody has started', async () => {
    const [found] = await wrongIn({ redis: { url: `redis://127.0.0.1:${await freePort()}` } })
    expect(found).toMatchObject({
      check: 'redis',
      level: 'error',
      fix: expect.stringContaining('start Redis'),
    })
  })
})

describe('a registry', () => {
  const findings = async (ci: object, more: object = {}) =>
    (await wrongIn({ registries: { ci: { token, ...ci } }, ...more })).map(({ check, level, what, fix }) => ({
      ...{ check, level, what, fix },
    }))

  test('that does not run', async () => {
    expect(await findings({ url: `http://127.0.0.1:${await freePort()}` })).toEqual([
      {
        ...{ check: 'registry ci', level: 'error', what: expect.stringContaining('ECONNREFUSED') },
        fix: expect.stringMatching(/^start the registry, or correct host and port of registries\.ci\.url/),
      },
    ])
  })

  test('whose login is wrong', async () => {
    const strict = await startRegistry({ htpasswd: HTPASSWD })
    closers.push(strict.close)
    expect(await findings({ url: strict.url, username: 'alice', password: 'hunter2-hunter2' })).toEqual([
      {
        ...{ check: 'registry ci', level: 'error', what: expect.stringMatching(/^GET .*\/v2\/: .*401/) },
        fix: expect.stringContaining('set registries.ci.username and passwordFile'),
      },
    ])
  })

  test('of whose CA nobody knows', async () => {
    const certificates = await makeCertificates()
    const secure = await startRegistry({ tls: certificates.server })
    closers.push(certificates.close, secure.close)
    expect(await findings({ url: secure.url })).toMatchObject([
      { level: 'error', fix: 'name the CA of its certificate in registries.ci.caFile' },
    ])
    expect(await findings({ url: secure.url.replace('https', 'http') })).toMatchObject([{ level: 'error' }])
  })

  test('that speaks no TLS, or is none', async () => {
    expect(await findings({ url: registry.url.replace('http', 'https') })).toMatchObject([
      { level: 'error', fix: expect.stringContaining('write http:// in registries.ci.url') },
    ])
    expect(await findings({ url: `${registry.url}/elsewhere` })).toMatchObject([
      { level: 'error', fix: expect.stringContaining('correct registries.ci.url') },
    ])
  })

  test('that does not list its repositories', async () => {
    const proxy = await startFaultyRegistry()
    closers.push(proxy.close)
    proxy.onRequest(({ path }) => (path.startsWith('/v2/_catalog') ? 401 : undefined))
    expect(await findings({ url: proxy.url })).toMatchObject([
      {
        ...{ check: 'registry ci', level: 'error', what: expect.stringContaining('list its repositories') },
        fix: expect.stringContaining('registries.ci.repositories'),
      },
    ])
  })

  test('that lets nobody pull', async () => {
    const own = await startRegistry()
    await push(own.url)
    const proxy = await startFaultyProxy(own)
    closers.push(proxy.close)
    proxy.onRequest(({ path }) => (path.includes('/manifests/') ? 403 : undefined))
    expect(await findings({ url: proxy.url })).toMatchObject([
      {
        ...{ level: 'error', what: expect.stringContaining('read an image in team-a/app') },
        fix: expect.stringContaining('give the user in registries.ci.username the rights'),
      },
    ])
  })

  test.each([
    ['2 minutes ahead', 120_000, 'warning'],
    ['1 hour behind', -3_600_000, 'error'],
  ])('whose clock is %s', async (_, aheadMs, level) => {
    const proxy = await startFaultyRegistry()
    closers.push(proxy.close)
    const date = () => new Date(Date.now() + aheadMs).toUTCString()
    proxy.onRequest(() => ({ bends: { headers: { date: date() } } }))
    const [found] = await findings({ url: proxy.url })
    expect(found).toMatchObject({
      ...{ check: 'registry ci', level, what: expect.stringMatching(/clock of the registry ci is .* ours/) },
      fix: expect.stringContaining('NTP'),
    })
  })

  const policy = (mode: string) => ({
    expiry: {
      policies: [
        {
          name: 'old',
          match: { registry: 'ci' },
          mode,
          rules: [{ tag: 'pr-*', olderThan: '14d', expire: true }],
        },
      ],
    },
  })

  test.each([
    ['deletes', 'apply', 'error'],
    ['only plans', 'plan', 'note'],
  ])('that does not delete, where expiry %s', async (_, mode, level) => {
    const strict = await startRegistry({ deleteEnabled: false })
    closers.push(strict.close)
    await push(strict.url)
    expect(await findings({ url: strict.url }, policy(mode))).toEqual([
      {
        ...{ check: 'deletes at ci', level, what: expect.stringContaining('405') },
        fix: expect.stringContaining('storage.delete.enabled: true'),
      },
    ])
  })

  test('that takes no pushes of expiry', async () => {
    const own = await startRegistry()
    await push(own.url)
    const proxy = await startFaultyProxy(own)
    closers.push(proxy.close)
    proxy.onRequest(({ method }) => (method === 'PUT' ? 403 : undefined))
    expect(await findings({ url: proxy.url }, policy('apply'))).toMatchObject([
      { check: 'pushes of expiry to ci', level: 'error', fix: expect.stringContaining('the rights') },
    ])
  })

  test('without a token, which can send nothing', async () => {
    expect(await wrongIn({ registries: { ci: { url: registry.url } } })).toMatchObject([
      { check: 'configuration', level: 'warning', fix: expect.stringContaining('tokenFile') },
    ])
  })

  test('whose storage is elsewhere, and whose GitLab is away', async () => {
    const gitlab = { url: `http://127.0.0.1:${await freePort()}`, token: 'glpat', groups: ['a'] }
    const storage = { type: 'folder', path: bed.folder }
    expect((await findings({ url: registry.url, storage })).map(({ check }) => check)).toEqual([
      'storage of ci',
    ])
    expect((await findings({ url: registry.url, gitlab })).map(({ check }) => check)).toEqual([
      'registry ci',
      'repositories of ci',
    ])
  })
})

test('a store that cannot be written to', async () => {
  await writeFile(join(bed.folder, 'file'), '')
  expect(await wrongIn({ store: { type: 'folder', path: join(bed.folder, 'file') } })).toMatchObject([
    { check: 'store', level: 'error', fix: expect.stringContaining('store.path') },
  ])
})

test('issuers that are away', async () => {
  const issuer = `http://127.0.0.1:${await freePort()}`
  const projects = [{ path: '**', registry: 'ci' }]
  const grants = [{ group: '*', verbs: ['read'], projects: ['**'] }]
  const wrong = await wrongIn({
    server: { ...TOKENS, port: await freePort(), publicUrl: 'http://127.0.0.1:8080' },
    ci: { issuers: [{ name: 'gitlab', type: 'gitlab', issuer, audience: 'tallyman', projects }] },
    login: { oidc: { issuer, clientId: 'tallyman', clientSecret: 'of-tests', grants } },
  })
  expect(wrong).toMatchObject([
    { check: 'issuer gitlab', level: 'error', fix: expect.stringContaining('ci.issuers') },
    { check: 'login', level: 'error', fix: expect.stringContaining('login.oidc') },
  ])
})

test('a channel at which nobody listens, and one that refuses', async () => {
  const refusing = createServer((_, response) => response.writeHead(503).end())
  const port = await freePort()
  await new Promise<void>((resolve) => refusing.listen(port, '127.0.0.1', resolve))
  closers.push(() => refusing.close())
  const away = `http://127.0.0.1:${await freePort()}`
  const wrong = await wrongIn({
    alerts: {
      channels: [
        { name: 'ops', type: 'slack', url: `${away}/hooks/hunter2` },
        { name: 'issues', type: 'gitlab-issue', url: `http://127.0.0.1:${port}`, token: 'glpat-hunter2' },
      ],
    },
  })
  expect(wrong).toMatchObject([
    { check: 'configuration', level: 'note', what: 'server.publicUrl is not set' },
    { check: 'channel ops', level: 'error', fix: expect.stringContaining('tallyman alerts test ops') },
    { check: 'channel issues', level: 'error', what: expect.stringContaining('503') },
  ])
  expect(JSON.stringify(wrong)).not.toContain('hunter2')
})

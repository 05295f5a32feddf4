import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type FastifyInstance, fastify } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../../lab/ports.ts'
import { addressOf } from '../../src/cli/service.ts'
import { table } from '../../src/cli/table.ts'
import { NO_DRIFT } from '../../src/reconcile/drift.ts'
import { tallyman } from './cli-bed.ts'

const TOKEN = 'admin-token-of-tests'
let folder: string
let env: NodeJS.ProcessEnv
let port: number
/** A service that answers what the test says, by `METHOD path`. */
let service: FastifyInstance
let answers: Record<string, (body: unknown) => unknown> = {}
const heard: string[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyman-cli-'))
  port = await freePort()
  env = { TALLYMAN_CONFIG: await configure('tallyman.yaml', port) }
  service = fastify()
  service.all('*', async (request, reply) => {
    heard.push(request.headers.authorization ?? '')
    const answer = answers[`${request.method} ${request.url}`]
    if (answer === undefined)
      return reply.code(404).send({ detail: `no route ${request.method} ${request.url}` })
    return answer(request.body)
  })
  await service.listen({ port })
})
afterAll(async () => {
  await service.close()
  await rm(folder, { recursive: true })
})

async function configure(name: string, port: number): Promise<string> {
  const file = join(folder, name)
  await writeFile(
    file,
    `server: { port: ${port}, readToken: read-token-of-tests, adminToken: ${TOKEN} }
registries: { ci: { url: https://registry.example.com } }
`,
  )
  return file
}

const status = (state: string, more: object = {}) => ({
  ...{ id: '7', state, attempts: 0, progress: 0, failedReason: null, result: null },
  ...more,
})

describe('asked wrongly: usage and status 2', () => {
  test.each([
    [[], 'expected a command'],
    [['coffee'], 'unknown command: coffee'],
    [['snapshot', 'lose'], 'unknown command: snapshot lose'],
    [['config', 'check'], 'expected FILE'],
    [['reconcile'], 'expected REGISTRY'],
    [['reconcile', 'ci', 'hub'], 'expected nothing after ci'],
    [['snapshot', 'list', 'all'], 'expected nothing after snapshot list'],
    [['snapshot', 'list', '--dry-run'], 'snapshot list knows no --dry-run'],
    [['snapshot', 'list', '--force'], "Unknown option '--force'"],
    [['quarantine', 'show'], 'expected ID'],
    [['quarantine', 'list', '--registry'], "Option '--registry"],
    [['quarantine', 'list', '--all'], 'quarantine list knows no --all'],
    [
      ['quarantine', 'discard'],
      'expected one of: ID, a filter (--registry NAME, --reason TEXT or both), --all',
    ],
    [['quarantine', 'discard', '1-0', '--all'], 'expected one of: ID, a filter'],
    [['quarantine', 'replay', '1-0', '--reason', 'x'], 'expected one of: ID, a filter'],
    [['quarantine', 'replay', '--all', '--registry', 'ci'], 'expected one of: ID, a filter'],
    [['jobs', 'coffee'], 'expected nothing after jobs'],
    [['jobs', 'failed', 'coffee'], 'expected QUEUE to be one of events, quota, alerts,'],
    [['jobs', 'show', 'quota'], 'expected ID'],
    [['jobs', 'retry', 'quota'], 'expected one of: ID, --all'],
    [['jobs', 'discard', 'quota', '7', '--all'], 'expected one of: ID, --all'],
    [['snapshot', 'list', '--url', 'ftp://x'], '--url: expected an http or https URL, got "ftp://x"'],
  ])('%j', async (argv, message) => {
    const { status, out, err } = await tallyman(env, ...argv)
    expect({ status, out }).toEqual({ status: 2, out: '' })
    expect(err.startsWith(message)).toBe(true)
    expect(err).toContain('usage:\n  tallyman config check FILE')
    expect(err).toContain('tallyman reconcile REGISTRY [--dry-run]')
  })

  test('asked for help: usage and status 0', async () => {
    expect(await tallyman(env, '--help')).toMatchObject({ status: 0, out: expect.stringContaining('usage:') })
  })
})

test('the program itself gives the status and prints where it should', async () => {
  const main = join(import.meta.dirname, '../../src/cli/main.ts')
  const ran = promisify(execFile)(process.execPath, [main, 'coffee'])
  await expect(ran).rejects.toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('usage:') })
})

test('a configuration is checked', async () => {
  const file = env.TALLYMAN_CONFIG ?? ''
  expect(await tallyman({}, 'config', 'check', file)).toMatchObject({
    status: 0,
    out: expect.stringContaining(`${file} is right`),
  })
  const missing = await tallyman({}, 'config', 'check', join(folder, 'none.yaml'))
  expect(missing).toMatchObject({
    status: 1,
    out: '',
    err: expect.stringContaining('cannot be read: no such file or directory'),
  })
})

describe('what keeps a command from the service is one clear line', () => {
  test('nobody listens', async () => {
    const port = await freePort()
    const file = await configure('nobody.yaml', port)
    const { status, out, err } = await tallyman({ TALLYMAN_CONFIG: file }, 'snapshot', 'list')
    expect({ status, out }).toEqual({ status: 1, out: '' })
    expect(err).toBe(
      `GET http://127.0.0.1:${port}/v1/snapshots: no answer (ECONNREFUSED). Is Tallyman running? ` +
        `Where it is comes from server.host and server.port of ${file}, or from --url.\n`,
    )
  })

  test('no configuration, or any port', async () => {
    const none = join(folder, 'none.yaml')
    expect(await tallyman({ TALLYMAN_CONFIG: none }, 'registries')).toMatchObject({
      status: 1,
      err: `${none}: cannot be read: no such file or directory\nAnother file: TALLYMAN_CONFIG.\n`,
    })
    const file = await configure('any.yaml', 0)
    expect(await tallyman({ TALLYMAN_CONFIG: file }, 'registries')).toMatchObject({
      status: 1,
      err: `${file} has server.port 0, which may be any: say --url http://HOST:PORT\n`,
    })
  })

  test('a refusal, another program, another version', async () => {
    answers = {}
    const refused = await tallyman(env, 'reconcile', 'hub/x')
    expect(refused.status).toBe(1)
    expect(refused.err).toMatch(/^POST http:\S+\/v1\/registries\/hub%2Fx\/reconcile: 404 no route POST/)
    answers = { 'GET /v1/snapshots': () => '<html>' }
    expect((await tallyman(env, 'snapshot', 'list')).err).toMatch(/not an answer that this version/)
    answers = { 'GET /v1/snapshots': () => ({ snapshots: [{ key: 1 }] }) }
    expect(await tallyman(env, 'snapshot', 'list')).toMatchObject({
      status: 1,
      err: expect.stringContaining('/snapshots/0'),
    })
  })
})

test('--url says where, the configuration which token', async () => {
  answers = { 'GET /behind/v1/snapshots': () => ({ snapshots: [] }) }
  const file = await configure('elsewhere.yaml', 1)
  heard.length = 0
  const asked = tallyman(
    { TALLYMAN_CONFIG: file },
    'snapshot',
    'list',
    '--url',
    `http://127.0.0.1:${port}/behind/`,
  )
  expect(await asked).toEqual({ status: 0, out: '', err: 'no snapshot yet: tallyman snapshot write\n' })
  expect(heard).toEqual([`Bearer ${TOKEN}`])
})

test('the registries', async () => {
  const ci = {
    name: 'ci',
    lastReconcileAt: '2026-11-23T10:00:00Z',
    confidence: 'exact since 2026-11-23T10:00:00Z',
  }
  const production = { name: 'production', lastReconcileAt: null, confidence: 'never reconciled' }
  answers = { 'GET /v1/registries': () => ({ registries: [ci, production] }) }
  expect(await tallyman(env, 'registries')).toEqual({
    status: 0,
    out: [
      'REGISTRY    LAST RECONCILE        CONFIDENCE',
      'ci          2026-11-23T10:00:00Z  exact since 2026-11-23T10:00:00Z',
      'production  never                 never reconciled',
      '',
    ].join('\n'),
    err: '',
  })
})

const report = (more: object) => ({
  ...{ registry: 'ci', method: 'storage', reason: 'request', dryRun: false, repositories: 2 },
  ...{ readAt: '2026-11-23T10:00:00Z', finishedAt: '2026-11-23T10:01:00Z', drift: NO_DRIFT },
  ...{ failed: 0, failures: [], unreadable: 0, stored: null, ...more },
})

describe('a job is followed to its end', () => {
  const job = { queue: 'reconcile', id: '7' }
  /** Answers a reconcile with these states, one for each question. */
  function reconciles(states: object[]) {
    const bodies: unknown[] = []
    answers = {
      'POST /v1/registries/ci/reconcile': (body) => {
        bodies.push(body)
        return { job }
      },
      'GET /v1/jobs/reconcile/7': () => states.shift(),
    }
    return bodies
  }

  test('that mended something', async () => {
    const drift = { ...NO_DRIFT, tagsMoved: 12, manifestsMissed: 1 }
    const result = report({ drift, failed: 1, failures: ['team/web: 500'] })
    const bodies = reconciles([
      status('waiting'),
      status('active', { progress: { repositories: 1, of: 2 } }),
      status('active', { progress: { repositories: 1, of: 2 } }),
      status('completed', { result }),
    ])
    expect(await tallyman(env, 'reconcile', 'ci')).toEqual({
      status: 0,
      out: 'MENDED           COUNT\nmanifestsMissed      1\ntagsMoved           12\n',
      err: [
        'job 7 of queue reconcile; it goes on if this command is stopped',
        'repositories 1, of 2',
        'could not be read: team/web: 500',
        'repositories 2, read over its storage; not read 1, unreadable manifests and tags 0',
        '',
      ].join('\n'),
    })
    expect(bodies).toEqual([{ dryRun: false }])
  })

  test('that found nothing, and mends nothing', async () => {
    const bodies = reconciles([status('completed', { result: report({}) })])
    expect(await tallyman(env, 'reconcile', '--dry-run', 'ci')).toMatchObject({
      status: 0,
      out: 'nothing differs\n',
    })
    expect(bodies).toEqual([{ dryRun: true }])
  })

  test('that fails once, then for good', async () => {
    reconciles([
      status('delayed', { attempts: 1, failedReason: 'ECONNREFUSED' }),
      status('active', { attempts: 1, failedReason: 'ECONNREFUSED' }),
      status('failed', { attempts: 2, failedReason: 'no such registry' }),
    ])
    expect(await tallyman(env, 'reconcile', 'ci')).toMatchObject({
      status: 1,
      out: '',
      err: expect.stringMatching(
        /\nattempt 1 failed, another follows: ECONNREFUSED\nfailed: no such registry\n$/,
      ),
    })
  })

  test('that left something unknown', async () => {
    reconciles([status('completed', { result: 'fine' })])
    expect(await tallyman(env, 'reconcile', 'ci')).toMatchObject({
      status: 1,
      err: expect.stringContaining('left nothing behind that this version of tallyman knows'),
    })
  })
})

test.each([
  ['127.0.0.1', 'http://127.0.0.1:80'],
  ['0.0.0.0', 'http://127.0.0.1:80'],
  ['::', 'http://[::1]:80'],
  ['fe80::1', 'http://[fe80::1]:80'],
  ['tallyman.example.com', 'http://tallyman.example.com:80'],
])('what listens on %s is reached at %s', (host, url) => {
  expect(addressOf({ host, port: 80 })).toBe(url)
})

test('a table without rows is its head', () => {
  expect(table(['A', 'B'], [])).toEqual(['A  B'])
})

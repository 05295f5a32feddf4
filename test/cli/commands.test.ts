import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FastifyInstance, fastify } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../../lab/ports.ts'
import { addressOf } from '../../src/cli/find-service.ts'
import { planNotes } from '../../src/cli/plan-notes.ts'
import { sizeCell, table } from '../../src/cli/table.ts'
import { NO_DRIFT } from '../../src/reconcile/drift.ts'
import { sampleRun } from '../expiry/sample-run.ts'
import { tallyman } from './cli-bed.ts'

const TOKEN = 'admin-token-of-tests'
let folder: string
let env: NodeJS.ProcessEnv
let port: number
/** A service that gives the answer that the test has set for `METHOD path`. */
let service: FastifyInstance
let answers: Record<string, (body: unknown) => unknown> = {}
/** The `authorization` of each request. */
const authorizations: string[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyman-cli-'))
  port = await freePort()
  env = { TALLYMAN_CONFIG: await configure('tallyman.yaml', port) }
  service = fastify()
  service.all('*', async (request, reply) => {
    authorizations.push(request.headers.authorization ?? '')
    const answer = answers[`${request.method} ${request.url}`]
    if (answer === undefined)
      return reply.code(404).send({ detail: `no route ${request.method} ${request.url}` })
    return answer(request.body)
  })
  service.get('/cut/v1/snapshots', (_, reply) => {
    reply.hijack().raw.writeHead(200, { 'content-length': 10 })
    reply.raw.write('{', () => reply.raw.destroy())
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
  id: '7',
  state,
  attempts: 0,
  progress: 0,
  failedReason: null,
  result: null,
  ...more,
})

const NO_OUTCOMES = {
  ...{ planned: 0, plannedTags: 0, deleted: 0, untagged: 0 },
  ...{ absent: 0, moved: 0, refused: 0, failed: 0 },
}

test('a check warns of quotas of which either could apply', async () => {
  const file = join(folder, 'ties.yaml')
  const quotas = ['ci/abc*', 'ci/*xyz', 'ci/**'].map((project) => ({ project, limit: '1GiB' }))
  const text = await readFile(env.TALLYMAN_CONFIG ?? '', 'utf8')
  await writeFile(file, `${text}\nquotas: ${JSON.stringify(quotas)}\n`)
  expect(await tallyman({}, 'config', 'check', file)).toEqual({
    status: 0,
    out: expect.stringContaining('quotas 3'),
    err: 'warning: quotas: ci/abc* and ci/*xyz are equally specific and may match the same project: the first applies\n',
  })
})

test('a check warns of a quota that shall evict, though no policy does', async () => {
  const file = join(folder, 'evicts.yaml')
  const quotas = [{ project: 'ci/a', limit: '1GiB', escalate: { after: '7d', evict: true } }]
  const text = await readFile(env.TALLYMAN_CONFIG ?? '', 'utf8')
  await writeFile(file, `${text}\nquotas: ${JSON.stringify(quotas)}\n`)
  expect(await tallyman({}, 'config', 'check', file)).toMatchObject({
    status: 0,
    err: expect.stringMatching(/^warning: quotas: escalate\.evict of ci\/a does nothing: .*\n$/),
  })
})

test('a check warns of what the dialect of a policy does', async () => {
  const file = join(folder, 'dialect.yaml')
  await writeFile(join(folder, 'quay.json'), '{"policies": [{"method": "creation_date", "value": "3m"}]}')
  const policies = [
    { name: 'cleanup', match: { registry: 'ci' }, dialect: 'quay', documentFile: 'quay.json' },
  ]
  const text = await readFile(env.TALLYMAN_CONFIG ?? '', 'utf8')
  await writeFile(file, `${text}\nexpiry: ${JSON.stringify({ policies })}\n`)
  expect(await tallyman({}, 'config', 'check', file)).toEqual({
    status: 0,
    out: expect.stringContaining('expiry policies 1'),
    err: expect.stringMatching(/^warning: expiry policy cleanup: policies\[0\]\.value: m is minutes.*\n$/),
  })
})

test('a configuration is checked', async () => {
  const file = env.TALLYMAN_CONFIG ?? ''
  expect(await tallyman({}, 'config', 'check', file)).toMatchObject({
    status: 0,
    out: expect.stringContaining(
      `${file} is right: registries 1, quotas 0, channels 0, promotion rules 0, expiry policies 0`,
    ),
  })
  const asJson = await tallyman({ TALLYMAN_TOKEN: TOKEN }, 'config', 'check', file, '--output', 'json')
  expect(JSON.parse(asJson.out)).toMatchObject({ file, registries: 1, quotas: 0 })
  const missing = await tallyman({}, 'config', 'check', join(folder, 'none.yaml'))
  expect(missing).toMatchObject({
    status: 1,
    out: '',
    err: expect.stringContaining('cannot be read: no such file or directory'),
  })
})

describe('a command that cannot use the service says why in one clear line', () => {
  test('nobody listens', async () => {
    const port = await freePort()
    const file = await configure('nobody.yaml', port)
    const { status, out, err } = await tallyman({ TALLYMAN_CONFIG: file }, 'snapshot', 'list')
    expect({ status, out }).toEqual({ status: 7, out: '' })
    expect(err).toBe(
      `GET http://127.0.0.1:${port}/v1/snapshots: no answer (ECONNREFUSED). Is Tallyman running? ` +
        `Its address comes from server.host and server.port of ${file}, or from --url.\n`,
    )
  })

  test('the connection breaks in the middle of an answer', async () => {
    const url = `http://127.0.0.1:${port}/cut`
    const { status, err } = await tallyman(env, 'snapshot', 'list', '--url', url)
    expect(status).toBe(7)
    expect(err).toMatch(new RegExp(`^GET ${url}/v1/snapshots: no answer \\(UND_ERR_SOCKET\\)`))
  })

  test('the configuration is missing, or has no fixed port', async () => {
    const none = join(folder, 'none.yaml')
    expect(await tallyman({ TALLYMAN_CONFIG: none }, 'registries')).toMatchObject({
      status: 1,
      err: `${none}: cannot be read: no such file or directory. To get one: cp tallyman.example.yaml ${none}
Set TALLYMAN_CONFIG to use another file. With --url and TALLYMAN_TOKEN no configuration is needed.
`,
    })
    const file = await configure('any.yaml', 0)
    expect(await tallyman({ TALLYMAN_CONFIG: file }, 'registries')).toMatchObject({
      status: 1,
      err: `server.port in ${file} is 0, which stands for any free port: give the address with --url http://HOST:PORT\n`,
    })
  })

  test('the service refuses, is another program, or is another version', async () => {
    answers = {}
    const refused = await tallyman(env, 'reconcile', 'hub/x')
    expect(refused.status).toBe(6)
    expect(refused.err).toMatch(/^POST http:\S+\/v1\/registries\/hub%2Fx\/reconcile: 404 no route POST/)
    answers = { 'GET /v1/snapshots': () => '<html>' }
    expect((await tallyman(env, 'snapshot', 'list')).err).toMatch(/the answer is text\/plain.*, not JSON/)
    answers = { 'GET /v1/snapshots': () => ({ snapshots: [{ key: 1 }] }) }
    expect(await tallyman(env, 'snapshot', 'list')).toMatchObject({
      status: 1,
      err: expect.stringContaining('/snapshots/0'),
    })
  })
})

test.each([
  ['storage', 'report', '..'],
  ['gc', 'status', 'ci', '..'],
  ['gc', 'run', '.'],
  ['promotion', 'show', '..'],
])('dots are no name: tallyman %s %s', async (...argv) => {
  authorizations.length = 0
  expect((await tallyman(env, ...argv)).err).toMatch(/expected .*got "\.\.?"/)
  expect(authorizations).toEqual([])
})

test('--url replaces the address; the token still comes from the configuration', async () => {
  answers = { 'GET /behind/v1/snapshots': () => ({ snapshots: [] }) }
  const file = await configure('elsewhere.yaml', 1)
  authorizations.length = 0
  const asked = tallyman(
    { TALLYMAN_CONFIG: file },
    'snapshot',
    'list',
    '--url',
    `http://127.0.0.1:${port}/behind/`,
  )
  expect(await asked).toEqual({ status: 0, out: '', err: 'no snapshot yet: tallyman snapshot write\n' })
  expect(authorizations).toEqual([`Bearer ${TOKEN}`])
})

test('what is wrong beside the section `server` does not hold up a command: expiry can be stopped', async () => {
  answers = { 'POST /v1/expiry/stop': () => ({ stopped: [{ run: 'r', policy: 'old', registry: 'ci' }] }) }
  const file = await configure('broken.yaml', port)
  await appendFile(file, 'expiry: { policies: [{ name: old, mode: appply }] }\nno-key: 1\n')
  const broken = { TALLYMAN_CONFIG: file, TALLYMAN_NO_KEY: '1' }
  expect((await tallyman(broken, 'config', 'check')).status).toBe(1)
  expect(await tallyman(broken, 'expiry', 'stop')).toMatchObject({
    status: 0,
    out: expect.stringMatching(/\nr +ci +old\n$/),
  })

  await writeFile(file, 'server: [')
  const { status: exit, err } = await tallyman(broken, 'expiry', 'stop')
  expect([exit, err]).toEqual([
    1,
    expect.stringContaining('With --url and TALLYMAN_TOKEN no configuration is'),
  ])
  const given = { ...broken, TALLYMAN_TOKEN: TOKEN }
  expect(await tallyman(given, 'expiry', 'stop', '--url', `http://127.0.0.1:${port}`)).toMatchObject({
    status: 0,
  })
})

test('the server in a configuration is checked before it is used', async () => {
  const file = join(folder, 'wrong-server.yaml')
  await writeFile(file, 'server: { port: 99999, readToken: read-token-of-tests }\n')
  const { status: exit, err } = await tallyman({ TALLYMAN_CONFIG: file }, 'registries')
  expect(exit).toBe(1)
  expect(err).toContain(`${file}:1:11: server.port: `)
  expect(err).toContain('server.adminToken: missing')
})

test('below a plan people are told of undo, if anything goes, or that there is no policy', () => {
  const undo = { until: null, text: 'undo is safe until then' }
  const plan = { policies: ['old'], undo, deletes: 0, untags: 1, kept: 1 }
  expect(planNotes(plan)).toEqual(['if this is deleted now, undo is safe until then'])
  expect(planNotes({ ...plan, untags: 0 })).toEqual([])
  expect(planNotes({ ...plan, untags: 0, policies: [] })).toEqual([
    'no expiry policy is configured (expiry.policies): nothing expires',
  ])
})

test('expire tells warnings of the run, and until when undo is safe', async () => {
  const { deletes: _, ...run } = sampleRun({
    undo: { until: null, text: 'undo is safe until then' },
    warnings: ['nomad cannot be read'],
  })
  const outcomes = { ...NO_OUTCOMES, planned: 0, deleted: 1 }
  answers = {
    'POST /v1/expiry/runs': () => ({ job: '7', dryRun: false }),
    'GET /v1/jobs/expiry/7': () => status('completed', { result: { ...run, outcomes } }),
    'GET /v1/expiry/runs/r/deletes': () => ({ deletes: [], next: null }),
  }
  const { err } = await tallyman(env, 'expire', 'old', '--apply')
  expect(err).toMatch(/\nwarning: nomad cannot be read\nundo is safe until then\n$/)
  const dry = { ...run, dryRun: true, outcomes: { ...outcomes, planned: 2, deleted: 0 } }
  answers['GET /v1/jobs/expiry/7'] = () => status('completed', { result: dry })
  expect((await tallyman(env, 'expire', 'old')).err).toMatch(
    /\nif this is deleted now, undo is safe until then\n$/,
  )
})

test('all pages of a report are of the month of the first one: the running month may end between them', async () => {
  const page = (month: string, name: string, next: string | null) => ({
    ...{ month, asOf: '2026-10-31T23:59:59.000Z', hours: 744, hoursOfMonth: 744, registries: [], next },
    rows: [
      {
        ...{ registry: 'ci', kind: 'project', name, fromBytes: 0, toBytes: 0, changeBytes: 0, byteHours: 0 },
        ...{ exclusiveByteHours: 0, hoursKnown: 744, price: null },
      },
    ],
  })
  answers = {
    'GET /v1/report?by=project&limit=1000': () => page('2026-10', 'a', 'more'),
    'GET /v1/report?by=project&limit=1000&cursor=more': () => page('2026-11', 'b', null),
    'GET /v1/report?by=project&limit=1000&month=2026-10&cursor=more': () => page('2026-10', 'b', null),
  }
  const { out, err } = await tallyman({ ...env, TALLYMAN_TOKEN: TOKEN }, 'report', '--output', 'ndjson')
  expect(err).toBe('')
  const lines = out.trim().split('\n')
  expect(lines.map((line) => [JSON.parse(line).month, JSON.parse(line).name])).toEqual([
    ['2026-10', 'a'],
    ['2026-10', 'b'],
  ])
})

const report = (more: object) => ({
  registry: 'ci',
  method: 'storage',
  reason: 'request',
  dryRun: false,
  repositories: 2,
  readAt: '2026-11-23T10:00:00Z',
  finishedAt: '2026-11-23T10:01:00Z',
  drift: NO_DRIFT,
  hold: null,
  failed: 0,
  failures: [],
  unreadable: 0,
  unreadableRepositories: 0,
  unreadableImages: [],
  stored: null,
  ...more,
})

test('the tags of a large project are read page by page, up to a bound, and what is left out is told', async () => {
  const tag = (n: number) => ({
    ...{ repository: `big/${n % 25}`, tag: `v${n}`, digest: `sha256:${n}`, sizeBytes: n, platforms: null },
    ...{ pushedAt: null, ageSource: 'seen', pushedBy: null, lastPullAt: null },
  })
  const page = (from: number) => ({
    tags: Array.from({ length: 5_000 }, (_, n) => tag(from + n)),
    next: 'more',
  })
  const path = '/v1/projects/ci%2Fbig'
  answers = {
    [`GET ${path}`]: () => ({
      ...{ id: 'ci/big', uniqueBytes: 9, exclusiveBytes: 9, unreferencedBytes: 0, manifests: 1, tags: 1 },
      ...{ repositories: 25, unresolved: 2, pulls: 0, scans: 0, lastPushAt: null, lastPushedBy: null },
      ...{ lastPullAt: null, limitBytes: null, override: null, flag: 'ok', flagSince: null },
    }),
    [`GET ${path}/tags?limit=1000`]: () => page(0),
    [`GET ${path}/tags?limit=1000&cursor=more`]: () => page(5_000),
  }
  for (let n = 0; n < 25; n++)
    answers[`GET ${path}/reclaimable?repository=big%2F${n}`] = () => ({ reclaimableBytes: n })
  const { status, out, err } = await tallyman(env, 'usage', 'ci/big', '--output', 'json')
  expect(status).toBe(0)
  const { images, repositories } = JSON.parse(out)
  expect(images.map(({ sizeBytes }: { sizeBytes: number }) => sizeBytes)).toEqual(
    Array.from({ length: 10 }, (_, n) => 9_999 - n),
  )
  expect(repositories).toHaveLength(20)
  expect(repositories[0]).toEqual({ repository: 'big/24', tags: 400, images: 400, reclaimableBytes: 24 })
  expect(err.split('\n')).toEqual([
    'the references of 2 manifests are not known yet: the sizes may be too small',
    'only the first 10000 tags were looked at',
    'repositories left out: 5, whose images are smaller',
    'the 10 largest images; all: tallyman images ci/big',
    '',
  ])
  // The row that the project has in the list, and where the rest is.
  const asCsv = await tallyman(env, 'usage', 'ci/big', '--output', 'csv')
  expect(asCsv.out).toMatch(/^id,uniqueBytes,.*\r\nci\/big,9,9,0,.*\r\n$/)
  expect(asCsv.err.split('\n').slice(1)).toEqual([
    'csv has the project alone, in the columns of the list: "tallyman repositories ci/big" and "tallyman images ci/big" have the rest',
    '',
  ])
})

describe('a reconcile is followed to its end', () => {
  const job = { queue: 'reconcile', id: '7' }
  /** Answers the questions about a reconcile with these states in turn; gives the bodies of the requests for one. */
  function answerWith(states: object[]) {
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

  test('when it corrected something', async () => {
    const drift = { ...NO_DRIFT, tagsMoved: 12, manifestsMissed: 1 }
    const result = report({ drift, failed: 1, failures: ['team/web: 500'] })
    const bodies = answerWith([
      status('waiting'),
      status('active', { progress: { repositories: 1, of: 2 } }),
      status('active', { progress: { repositories: 1, of: 2 } }),
      status('completed', { result }),
    ])
    expect(await tallyman(env, 'reconcile', 'ci')).toEqual({
      status: 1,
      out: 'MENDED           COUNT\nmanifestsMissed      1\ntagsMoved           12\n',
      err: [
        'job 7 of queue reconcile; it goes on if this command is stopped',
        'repositories 1, of 2',
        'could not be read: team/web: 500',
        'repositories 2, read over its storage; not read 1, unreadable manifests and tags 0',
        'not all of "ci" could be read',
        '',
      ].join('\n'),
    })
    expect(bodies).toEqual([{ dryRun: false, acceptLoss: false }])
  })

  test('when nothing differs in the part that could be read', async () => {
    const unreadableImages = [{ repository: 'team/web', image: 'v1', reason: 'torn' }]
    answerWith([status('completed', { result: report({ unreadable: 1, unreadableImages }) })])
    expect(await tallyman(env, 'reconcile', 'ci')).toMatchObject({
      status: 1,
      out: 'nothing differs in what could be read\n',
      err: expect.stringContaining('not all of "ci" could be read'),
    })
  })

  test('when it removed nothing, since too much is missing', async () => {
    const hold = { what: 'manifests' as const, missing: 150, manifests: 200 }
    const drift = { ...NO_DRIFT, manifestsGone: 150 }
    const unreadableImages = [{ repository: 'team/web', image: 'v1', reason: 'torn' }]
    const bodies = answerWith([
      status('completed', { result: report({ drift, hold, unreadable: 1, unreadableImages }) }),
    ])
    const { status: exit, out, err } = await tallyman(env, 'reconcile', 'ci')
    expect({ exit, out }).toEqual({ exit: 1, out: 'DIFFERS        COUNT\nmanifestsGone    150\n' })
    expect(err).toContain('could not be read: team/web, v1: torn\n')
    expect(err).toContain('150 of the 200 manifests that were looked for are missing at the registry')
    expect(err).toContain('tallyman reconcile ci --accept-loss')
    answerWith([status('completed', { result: report({}) })])
    expect(bodies).toEqual([{ dryRun: false, acceptLoss: false }])
  })

  test('is not begun if npm has taken --dry-run for itself', async () => {
    const bodies = answerWith([status('completed', { result: report({}) })])
    expect(await tallyman({ ...env, npm_config_dry_run: 'true' }, 'reconcile', 'ci')).toMatchObject({
      status: 1,
      err: expect.stringContaining('npm run tallyman -- reconcile'),
    })
    expect(bodies).toEqual([])
  })

  test('when it accepts the loss', async () => {
    const bodies = answerWith([status('completed', { result: report({}) })])
    expect(await tallyman(env, 'reconcile', 'ci', '--accept-loss')).toMatchObject({ status: 0 })
    expect(bodies).toEqual([{ dryRun: false, acceptLoss: true }])
  })

  test('when it only compared and found no difference', async () => {
    const bodies = answerWith([status('completed', { result: report({}) })])
    expect(await tallyman(env, 'reconcile', '--dry-run', 'ci')).toMatchObject({
      status: 0,
      out: 'nothing differs\n',
    })
    expect(bodies).toEqual([{ dryRun: true, acceptLoss: false }])
  })

  test('when it failed, was tried again, and failed for good', async () => {
    answerWith([
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

  test('when its result cannot be read', async () => {
    answerWith([status('completed', { result: 'fine' })])
    expect(await tallyman(env, 'reconcile', 'ci')).toMatchObject({
      status: 1,
      err: expect.stringContaining('this version of tallyman cannot read its result'),
    })
  })
})

test.each([
  ['127.0.0.1', 'http://127.0.0.1:80'],
  ['0.0.0.0', 'http://127.0.0.1:80'],
  ['::', 'http://[::1]:80'],
  ['fe80::1', 'http://[fe80::1]:80'],
  ['tallyman.example.com', 'http://tallyman.example.com:80'],
])('a server that listens on %s is reached at %s', (host, url) => {
  expect(addressOf({ host, port: 80 })).toBe(url)
})

test('a table without rows is empty; numbers and sizes are aligned to the right', () => {
  expect(table(['A', 'B'], [])).toEqual([])
  expect(table(['A', 'NUMBER', 'SIZE'], [['x', 5, sizeCell(1536)]])).toEqual([
    'A  NUMBER     SIZE',
    'x       5  1.5 KiB',
  ])
})

test('of many failures of a reconcile the first are shown, and how many there are more', async () => {
  const failures = Array.from({ length: 20 }, (_, n) => `team/web-${n}: 500`)
  answers = {
    'POST /v1/registries/ci/reconcile': () => ({ job: { queue: 'reconcile', id: '7' } }),
    'GET /v1/jobs/reconcile/7': () => status('completed', { result: report({ failed: 45, failures }) }),
  }
  const { err } = await tallyman(env, 'reconcile', 'ci')
  expect(err.match(/could not be read: team/g)).toHaveLength(10)
  expect(err).toContain('could not be read: 35 more (--output json has the first 20)\n')
})

test('expire --apply fails if the configuration of the service forbids to delete', async () => {
  const { deletes: _, ...run } = sampleRun({ dryRun: true, kept: 1 })
  const outcomes = { ...NO_OUTCOMES, planned: 2, deleted: 0 }
  const bodies: unknown[] = []
  answers = {
    'POST /v1/expiry/runs': (body) => {
      bodies.push(body)
      return { job: '7', dryRun: true }
    },
    'GET /v1/jobs/expiry/7': () => status('completed', { result: { ...run, outcomes } }),
    'GET /v1/expiry/runs/r/deletes': () => ({ deletes: [], next: 'abc' }),
  }
  const { status: exit, out, err } = await tallyman(env, 'expire', 'old', '--apply')
  expect({ exit, out }).toEqual({
    exit: 1,
    out: 'dry run r of old: would delete 2 images (0 B), keep 1 image\n',
  })
  expect(err).toContain(
    'nothing was deleted: in the configuration of the service the policy old has the mode plan\n',
  )
  expect(err).toContain('tallyman runs r --cursor abc\n')
  expect(bodies).toEqual([{ policy: 'old', dryRun: false, acceptShare: false }])
})

test('expire follows a run in images and bytes, and fails if somebody stops it', async () => {
  const progress = { planned: 8, plannedBytes: 8_192, done: 2, freedBytes: 2_048 }
  const stopped = 'admin token from 10.0.0.7 stopped it at noon'
  const { deletes: _, ...run } = sampleRun({ state: 'stopped', stopped, progress })
  const outcomes = { ...NO_OUTCOMES, planned: 0, deleted: 2 }
  const states = [status('active', { progress }), status('completed', { result: { ...run, outcomes } })]
  answers = {
    'POST /v1/expiry/runs': () => ({ run: 'r', job: '7', dryRun: false }),
    'GET /v1/jobs/expiry/7': () => states.shift(),
    'GET /v1/expiry/runs/r/deletes': () => ({ deletes: [], next: null }),
  }
  const { status: exit, out, err } = await tallyman(env, 'expire', 'old', '--apply')
  expect(err).toContain('2 of 8 images and single tags are done with, 2.0 KiB of 8.0 KiB deleted\n')
  expect(out).toBe(`run r of old: deleted 2 images (2.0 KiB); kept 0 images; stopped: ${stopped}\n`)
  expect({ exit, err }).toEqual({
    exit: 1,
    err: expect.stringContaining(`the run was stopped: ${stopped}\n`),
  })
})

test('runs have a column for what is not zero, and say what is held and what to do about it', async () => {
  const { deletes: _, ...run } = sampleRun({ kept: 4 })
  const outcomes = { ...NO_OUTCOMES, deleted: 2 }
  const held = [{ project: 'ci/team/app', deletes: 12, images: 16, untags: 3, tags: 20, bytes: 2_048 }]
  const runs = [
    { ...run, outcomes },
    { ...run, id: 'r2', held, outcomes: { ...outcomes, untagged: 1, refused: 1, failed: 5 } },
    { ...run, id: 'r3', announced: { images: 3, tags: 1, bytes: 1_024, until: 'noon' }, outcomes },
  ]
  answers = {
    'GET /v1/expiry/runs': () => ({ runs: runs.slice(0, 1), next: null }),
    'GET /v1/expiry/runs?limit=3': () => ({ runs, next: null }),
    'GET /v1/expiry/runs/r2': () => runs[1],
    'GET /v1/expiry/runs/r2/deletes': () => ({ deletes: [], next: null }),
  }
  const columns = async (...argv: string[]) =>
    (await tallyman(env, 'runs', ...argv)).out.split('\n').map((line) => line.replaceAll(/ +/g, ' '))
  expect(await columns()).toEqual([
    'ID REGISTRY POLICY KIND STATE PLANNED DELETED ABSENT MOVED KEPT',
    'r ci old run done 0 2 0 0 4',
    '',
  ])
  expect(await columns('--limit', '3')).toEqual([
    'ID REGISTRY POLICY KIND STATE PLANNED DELETED UNTAGGED ANNOUNCED HELD ABSENT MOVED REFUSED FAILED KEPT',
    'r ci old run done 0 2 0 0 0 0 0 0 0 4',
    'r2 ci old run done 0 2 1 0 1 0 0 1 5 4',
    'r3 ci old run done 0 2 0 4 0 0 0 0 0 1',
    '',
  ])
  const { out, err } = await tallyman(env, 'runs', 'r2')
  expect(out.replaceAll(/ {2,}/g, '  ')).toBe(
    'run r2 of old: deleted 2 images and 1 single tag (0 B); refused by the registry 1; failed 5; kept 4 images; held 1 project\n' +
      'HELD  IMAGES  SINGLE TAGS  FREES  DELETED BEFORE\n' +
      'ci/team/app  12 of 16  3 of 20  2.0 KiB  0\n',
  )
  expect(err).toBe(
    'nothing was deleted in ci/team/app (12 of 16 images, 3 single tags of 20), since that is more than expiry.maxShare. ' +
      'If this is meant: tallyman expire old --apply --accept-share\n',
  )
})

test('images says of which index each is a part, if it is one', async () => {
  const image = (digest: string, tag: string | undefined, children: string[]) => ({
    ...{ repository: 'team/app', digest, kind: null, pulledAt: null, sizeBytes: 1, children },
    tags: tag === undefined ? [] : [{ name: tag, taggedAt: null }],
  })
  const list = (...images: object[]) => images.map((one) => `${JSON.stringify(one)}\n`).join('')
  const columns = async () =>
    (await tallyman(env, 'images', 'ci/team/app')).out.split('\n').map((line) => line.trim().split(/ {2,}/))
  answers = { 'GET /v1/projects/ci%2Fteam%2Fapp/images': () => list(image('a', 'v1', [])) }
  expect((await columns())[0]).toEqual(['SIZE', 'KIND', 'REPOSITORY', 'TAGS', 'LAST PULL', 'DIGEST'])
  answers = {
    'GET /v1/projects/ci%2Fteam%2Fapp/images': () =>
      list(image('index', 'v1', ['a', 'b']), image('a', undefined, []), image('b', 'v1-arm', [])),
  }
  expect((await columns()).slice(0, 4)).toEqual([
    ['SIZE', 'KIND', 'REPOSITORY', 'TAGS', 'PART OF', 'LAST PULL', 'DIGEST'],
    ['1 B', 'not read', 'team/app', 'v1', 'never', 'index'],
    ['1 B', 'not read', 'team/app', 'none', 'v1', 'never', 'a'],
    ['1 B', 'not read', 'team/app', 'v1-arm', 'v1', 'never', 'b'],
  ])
})

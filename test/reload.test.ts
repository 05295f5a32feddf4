import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { deliver } from '../lab/event-source.ts'
import { freePort } from '../lab/ports.ts'
import { outside, type Run, runProgram } from '../lab/run-program.ts'
import { ADMIN_TOKEN, eventually, READ_TOKEN, WEBHOOK_TOKEN } from '../lab/tallyman.ts'
import { useRedis } from '../lab/use-redis.ts'

const bed = useRedis()
let folder: string
let port: number
let run: Run
const registries = { ci: { url: 'http://127.0.0.1:1', token: WEBHOOK_TOKEN } }

const write = (config: Record<string, unknown>) =>
  writeFile(
    join(folder, 'tallyman.yaml'),
    stringify({
      server: { port, readToken: READ_TOKEN, adminToken: ADMIN_TOKEN },
      ...{ registries, dataDir: folder, redis: { url: bed.server.url } },
      reconcile: { atFirstStart: false },
      ...config,
    }),
  )

/** Signals the service and waits for the line with `message`. */
async function reload(message: string): Promise<Record<string, unknown>> {
  const before = run.output().length
  run.child.kill('SIGHUP')
  const output = await eventually(
    async () => run.output().slice(before),
    (text) => text.includes(message),
  )
  return JSON.parse(output.split('\n').find((line) => line.includes(message)) ?? '')
}

// biome-ignore lint/suspicious/noExplicitAny: answers of several routes
async function get(path: string): Promise<any> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    headers: { authorization: `Bearer ${READ_TOKEN}` },
  })
  return answer.json()
}
const project = async () => (await get('/v1/projects')).projects[0]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyman-reload-'))
  port = await freePort()
})
afterAll(async () => {
  run?.child.kill('SIGKILL')
  await run?.ended
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

test('SIGHUP puts quotas, policies and the log level in force, names what needs a restart, and refuses what is wrong', async () => {
  await write({})
  run = runProgram('src/main.ts', ['--workers'], {
    ...outside,
    TALLYMAN_CONFIG: join(folder, 'tallyman.yaml'),
  })
  await eventually(
    async () => run.output() + run.error(),
    (output) => output.includes('tallyman is up'),
  )
  const event = {
    ...{ id: 'reload-1', timestamp: new Date().toISOString(), action: 'push' },
    target: {
      ...{ mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: `sha256:${'a'.repeat(64)}` },
      ...{ size: 2_048, repository: 'team/app', tag: 'v1' },
    },
  }
  expect(await deliver(`http://127.0.0.1:${port}`, JSON.stringify({ events: [event] }), 30_000)).toBe(202)
  expect(await eventually(project, (one) => one !== undefined)).toMatchObject({
    limitBytes: null,
    flag: 'ok',
  })

  const policy = {
    name: 'old',
    match: { registry: 'ci' },
    rules: [{ tag: '*', olderThan: '1d', expire: true }],
  }
  const good = { quotas: [{ project: 'ci/**', limit: '1KiB' }], expiry: { policies: [policy] } }
  await write({
    ...good,
    log: { level: 'debug' },
    server: { port: port + 1, readToken: READ_TOKEN, adminToken: ADMIN_TOKEN },
  })
  const line = await reload('these changes take effect after a restart')
  expect(line).toMatchObject({ needRestart: ['server.port'] })
  expect(run.output()).toContain('"changed":["quotas","expiry","log"]')
  expect(await eventually(project, ({ flag }) => flag === 'over')).toMatchObject({ limitBytes: 1_024 })
  expect((await get('/v1/expiry/plan?policy=old')).plans).toMatchObject([{ policy: 'old' }])

  await write({ quotas: [{ project: 'ci/**', limit: 'much' }] })
  const wrong = await reload('the configuration was not reloaded')
  expect(wrong).toMatchObject({ reason: expect.stringContaining('quotas.0.limit') })

  const rule = { name: 'r', from: { registry: 'ci', repository: '**', tag: '*' }, to: { registry: 'next' } }
  const next = { url: 'http://127.0.0.1:2' }
  await write({ ...good, registries: { ...registries, next }, promotion: { rules: [rule] } })
  const early = await reload('the configuration was not reloaded')
  expect(early).toMatchObject({ reason: expect.stringContaining('the registry "next" is new: restart') })
  expect(await project()).toMatchObject({ limitBytes: 1_024, flag: 'over' })

  await write({})
  await reload('the configuration was reloaded')
  expect(await eventually(project, ({ flag }) => flag === 'ok')).toMatchObject({ limitBytes: null })
  expect(run.child.exitCode).toBeNull()
  for (const secret of [READ_TOKEN, ADMIN_TOKEN, WEBHOOK_TOKEN]) expect(run.output()).not.toContain(secret)
})

/** Runs in the process of the service before all else, and signals it as soon as it begins to load the service. */
const signalWhileLoading = `
import { registerHooks } from 'node:module'
registerHooks({
  load(url, context, next) {
    if (url.endsWith('/src/start.ts')) process.kill(process.pid, 'SIGHUP')
    return next(url, context)
  },
})`

test.for([['src/main.ts'], ['workers/main.ts', 'quota'], ['src/cli/main.ts', 'start', 'quota']])(
  'a SIGHUP while the process loads does not end it, and is served once it is up: %s',
  async ([program = '', ...args], { onTestFinished }) => {
    await write({ server: { port: 0, readToken: READ_TOKEN, adminToken: ADMIN_TOKEN } })
    const early = runProgram(program, args, {
      ...outside,
      TALLYMAN_CONFIG: join(folder, 'tallyman.yaml'),
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(signalWhileLoading)}`,
    })
    onTestFinished(async () => {
      early.child.kill('SIGKILL')
      await early.ended
    })
    const output = await eventually(
      async () => early.output(),
      (text) => text.includes('the configuration was reloaded') || early.child.signalCode !== null,
    )
    expect(early.child.signalCode).toBeNull()
    expect(output.indexOf('the configuration was reloaded')).toBeGreaterThan(output.indexOf('tallyman is up'))
  },
)

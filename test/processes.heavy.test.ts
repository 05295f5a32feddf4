import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../lab/ports.ts'
import { type Started, startProcess } from '../lab/process.ts'
import { RECENTLY } from '../lab/recently.ts'
import { startRedis } from '../lab/redis.ts'
import { outside, runProgram } from '../lab/run-program.ts'
import { eventually, WEBHOOK_TOKEN } from '../lab/tallyman.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyman-processes-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const program = (path: string) => join(import.meta.dirname, '..', path)

async function configure(name: string, port: number): Promise<NodeJS.ProcessEnv> {
  const file = join(folder, `${name}.yaml`)
  await writeFile(
    file,
    `server: { port: ${port}, readToken: processes-read-token, adminToken: processes-admin-token }
dataDir: ${join(folder, name)}
registries: { ci: { url: "http://127.0.0.1:1", token: ${WEBHOOK_TOKEN} } }
`,
  )
  return { ...outside, TALLYMAN_CONFIG: file }
}

const api = (port: number, env: NodeJS.ProcessEnv, args: string[] = []): Promise<Started> =>
  startProcess({
    command: process.execPath,
    args: [program('src/main.ts'), ...args],
    logFile: join(folder, `${port}.log`),
    env,
    ready: async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok,
    // So that it stops a Redis of its own.
    deathSignal: 'SIGTERM',
  })

async function deliver(port: number, id: string): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/v1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${WEBHOOK_TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      events: [
        {
          id,
          timestamp: RECENTLY,
          action: 'pull',
          target: {
            mediaType: 'application/vnd.oci.image.manifest.v1+json',
            size: 500,
            repository: 'team/app',
            digest: `sha256:${'a'.repeat(64)}`,
            references: [],
          },
          request: { method: 'GET' },
        },
      ],
    }),
  })
  await answer.body?.cancel()
  return answer.status
}

async function pulls(port: number): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/v1/projects/ci%2Fteam%2Fapp`, {
    headers: { authorization: 'Bearer processes-read-token' },
  })
  const body: unknown = await answer.json()
  return typeof body === 'object' && body !== null && 'pulls' in body ? Number(body.pulls) : -1
}

test('one process with its own Redis still has what it acknowledged after a stop and a start', async () => {
  const port = await freePort()
  const env = await configure('small', port)
  const first = await api(port, env, ['--workers'])
  for (let i = 0; i < 20; i++) expect(await deliver(port, `pull-${i}`)).toBe(202)
  await first.stop('SIGTERM')
  expect(first.child.exitCode).toBe(0)
  const second = await api(port, env, ['--workers'])
  try {
    await eventually(
      () => pulls(port),
      (count) => count === 20,
    )
  } finally {
    await second.stop()
  }
})

test('API and worker as two processes: events wait for a worker, and a worker that is stopped loses none', async () => {
  const redis = await startRedis({ args: ['--appendonly', 'yes'] })
  const port = await freePort()
  const env = { ...(await configure('large', port)), REDIS_URL: redis.url }
  const front = await api(port, env)
  const work = () =>
    startProcess({
      command: process.execPath,
      args: [program('workers/main.ts'), 'events', 'quota'],
      logFile: join(folder, `worker-${Date.now()}.log`),
      env,
      ready: async () => true,
    })
  const running: Started[] = [front]
  try {
    for (let i = 0; i < 10; i++) expect(await deliver(port, `pull-${i}`)).toBe(202)
    expect(await pulls(port)).toBe(-1)
    const worker = await work()
    running.push(worker)
    await eventually(
      () => pulls(port),
      (count) => count === 10,
    )
    await worker.stop('SIGTERM')
    expect(worker.child.exitCode).toBe(0)
    for (let i = 10; i < 15; i++) expect(await deliver(port, `pull-${i}`)).toBe(202)
    running.push(await work())
    await eventually(
      () => pulls(port),
      (count) => count === 15,
    )
  } finally {
    for (const started of running.reverse()) await started.stop()
    await redis.close()
  }
})

test('a worker process with a port answers for its health and its metrics, and nothing else', async () => {
  const redis = await startRedis()
  const [port, workersPort] = [await freePort(), await freePort()]
  const url = `http://127.0.0.1:${workersPort}`
  const env = {
    ...(await configure('watched', port)),
    REDIS_URL: redis.url,
    TALLYMAN_WORKERS__PORT: `${workersPort}`,
  }
  const running = [await api(port, env)]
  try {
    running.push(
      await startProcess({
        command: process.execPath,
        args: [program('workers/main.ts')],
        logFile: join(folder, 'watched-workers.log'),
        env,
        ready: async () => (await fetch(`${url}/readyz`)).ok,
      }),
    )
    for (let i = 0; i < 3; i++) expect(await deliver(port, `pull-${i}`)).toBe(202)
    const metrics = async () => (await fetch(`${url}/metrics`)).text()
    await eventually(metrics, (text) =>
      /^tallyman_events_indexed_total\{registry="ci",outcome="[a-z]+"\} 3$/m.test(text),
    )
    expect(await metrics()).toContain('tallyman_jobs{queue="events",state="failed"} 0')
    expect((await fetch(`${url}/v1/projects`)).status).toBe(404)
    const again = await refused('workers/main.ts', [], env)
    expect([again.status, again.said]).toEqual([1, expect.stringContaining(`127.0.0.1:${workersPort}`)])
    await redis.close()
    const answer = await fetch(`${url}/readyz`)
    expect([answer.status, await answer.json()]).toEqual([
      503,
      expect.objectContaining({ detail: expect.stringContaining('Redis') }),
    ])
    expect((await fetch(`${url}/livez`)).status).toBe(200)
  } finally {
    for (const started of running.reverse()) await started.stop()
    await redis.close()
  }
})

/** Runs a program that must refuse to start. Gives its status and its error output. */
async function refused(path: string, args: string[], env?: NodeJS.ProcessEnv) {
  const run = runProgram(path, args, env)
  return { status: await run.ended, said: run.error() }
}

test('a wrong configuration starts nothing, and the error names file, line, key and the expected value', async () => {
  const file = join(folder, 'wrong.yaml')
  await writeFile(
    file,
    `server: { readToken: processes-read-token, adminToken: processes-admin-token }
registries:
  ci: { url: ftp://example.com }
quotas:
  - { project: ci/**, limt: 5GiB }
`,
  )
  const { said, status } = await refused('src/main.ts', [], { ...outside, TALLYMAN_CONFIG: file })
  expect(status).toBe(1)
  expect(said).toMatch(/wrong\.yaml:3:\d+: registries\.ci\.url: expected .*http/)
  expect(said).toMatch(/wrong\.yaml:5:\d+: quotas\.0\.limt: unknown key; did you mean "limit"\?/)
  expect((await refused('src/cli/main.ts', ['config', 'check', file])).said).toContain('did you mean "limit"')
})

test('the error names what is missing: Redis, the configuration or the queue', async () => {
  const env = { ...(await configure('lonely', 0)), REDIS_URL: 'redis://:hidden-password@127.0.0.1:1' }
  const lonely = await refused('src/main.ts', [], env)
  expect(lonely.status).toBe(1)
  expect(lonely.said).toContain('Redis at 127.0.0.1:1 cannot be reached')
  expect(lonely.said).not.toContain('hidden-password')
  const nowhere = await refused('src/main.ts', [], {
    ...outside,
    TALLYMAN_CONFIG: join(folder, 'none.yaml'),
  })
  expect([nowhere.status, nowhere.said.includes('none.yaml')]).toEqual([1, true])
  const queue = await refused('workers/main.ts', ['coffee'])
  expect([queue.status, queue.said]).toEqual([
    1,
    expect.stringContaining('unknown queue: coffee; expected any of events'),
  ])
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { freePort } from '../lab/ports.ts'
import { untilGone } from '../lab/process-state.ts'
import { startRedis } from '../lab/redis.ts'
import { follow, outside, type Run, runProgram } from '../lab/run-program.ts'
import { ADMIN_TOKEN, eventually, READ_TOKEN, WEBHOOK_TOKEN } from '../lab/tallyman.ts'
import { redisOnSocket } from '../src/platform/redis-on-socket.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** A configuration with a data folder and a port of its own. */
async function configure(config: Record<string, unknown> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'tallyman-start-'))
  closers.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  const port = await freePort()
  const file = join(folder, 'tallyman.yaml')
  const registries = { ci: { url: 'http://127.0.0.1:1', token: WEBHOOK_TOKEN } }
  const server = { port, readToken: READ_TOKEN, adminToken: ADMIN_TOKEN }
  await writeFile(file, stringify({ server, registries, dataDir: join(folder, 'data'), ...config }))
  return { port, folder, env: { ...outside, TALLYMAN_CONFIG: file } as NodeJS.ProcessEnv }
}

/** Ends a run after the test, and its redis-server. */
function ending(run: Run, folder: string): Run {
  closers.push(async () => {
    run.child.kill('SIGKILL')
    await run.ended
    await (await ownRedis(folder))?.shutDown()
  })
  return run
}

const ownRedis = (folder: string) => redisOnSocket(join(folder, 'data/redis/redis.sock'))

async function ownRedisPid(folder: string): Promise<number> {
  const found = await ownRedis(folder)
  found?.disconnect()
  return found?.pid ?? 0
}

const main = ({ env, folder }: { env: NodeJS.ProcessEnv; folder: string }) =>
  ending(runProgram('src/main.ts', ['--workers'], env), folder)

const untilUp = (run: Run) =>
  eventually(
    async () => run.output() + run.error(),
    (output) => output.includes('tallyman is up'),
  )

test('a second service on the same data folder is refused in one line, and the first goes on', async () => {
  const site = await configure()
  const first = main(site)
  await untilUp(first)
  const pid = await ownRedisPid(site.folder)
  const env = { ...site.env, TALLYMAN_SERVER__PORT: `${await freePort()}` }
  const second = main({ ...site, env })
  expect(await second.ended).toBe(1)
  expect(second.error()).toMatch(
    new RegExp(
      `^the data folder ${site.folder}/data/redis is in use .*\\(pid ${first.child.pid} on .*\\).*\\n$`,
    ),
  )
  expect(await ownRedisPid(site.folder)).toBe(pid)
  expect((await fetch(`http://127.0.0.1:${site.port}/readyz`)).status).toBe(200)
})

test('a port in use is named by its key; no worker has started, and redis-server is gone', async () => {
  const site = await configure()
  const other = createServer().listen(site.port, '127.0.0.1')
  closers.push(() => other.close())
  const run = main(site)
  expect(await run.ended).toBe(1)
  expect(run.error()).toBe(
    `server.port: 127.0.0.1:${site.port} is in use by another program: stop it, or set another port\n`,
  )
  expect(existsSync(join(site.folder, 'data/redis/appendonlydir'))).toBe(true)
  expect(await ownRedisPid(site.folder)).toBe(0)
})

test('SIGTERM: the last line of the log is "stopped", and redis-server is gone', async () => {
  const site = await configure()
  const run = main(site)
  await untilUp(run)
  const pid = await ownRedisPid(site.folder)
  run.child.kill('SIGTERM')
  expect(await run.ended).toBe(0)
  expect(run.output().trim().split('\n').at(-1)).toContain('"msg":"stopped"')
  await untilGone(pid)
})

test('Ctrl-C at npm start, where the service gets the signal twice, stops it in order', async () => {
  const site = await configure()
  const npm = spawn('npm', ['start'], { env: site.env, stdio: 'pipe', detached: true })
  const run = follow(npm)
  closers.push(() => {
    try {
      process.kill(-(npm.pid ?? 0), 'SIGKILL')
    } catch {}
  })
  await untilUp(run)
  process.kill(-(npm.pid ?? 0), 'SIGINT')
  await run.ended
  expect(run.output()).toContain('"msg":"stopped"')
  expect(run.output() + run.error()).not.toContain('second')
  expect(await ownRedisPid(site.folder)).toBe(0)
})

test('SIGTERM to npm start stops the service', async () => {
  const site = await configure()
  const run = follow(spawn('npm', ['start'], { env: site.env, stdio: 'pipe' }))
  await untilUp(run)
  run.child.kill('SIGTERM')
  await run.ended
  expect(run.output()).toContain('"msg":"stopped"')
  expect(await ownRedisPid(site.folder)).toBe(0)
})

test('a stop whose grace ran out leaves no redis-server', async () => {
  const site = await configure()
  const run = main(site)
  await untilUp(run)
  const pid = await ownRedisPid(site.folder)
  // Frozen: the stop waits for it in vain.
  process.kill(pid, 'SIGSTOP')
  run.child.kill('SIGTERM')
  expect(await run.ended).toBe(1)
  process.kill(pid, 'SIGCONT')
  await untilGone(pid)
})

test('a Redis that evicts is refused at start', async () => {
  const redis = await startRedis({ args: ['--maxmemory-policy', 'allkeys-lru'] })
  closers.push(redis.close)
  const site = await configure()
  const run = runProgram('src/main.ts', ['--workers'], { ...site.env, REDIS_URL: redis.url })
  expect(await run.ended).toBe(1)
  expect(run.error()).toMatch(/^Redis at 127.0.0.1:\d+ deletes keys .* set maxmemory-policy to noeviction\n$/)
})

test('a Redis that keeps nothing on disk is a warning in the log and in /readyz', async () => {
  const redis = await startRedis()
  closers.push(redis.close)
  const site = await configure()
  const run = runProgram('src/main.ts', ['--workers'], { ...site.env, REDIS_URL: redis.url })
  closers.push(() => run.child.kill('SIGKILL'))
  await untilUp(run)
  const warning = expect.stringContaining('keeps nothing on disk')
  expect(run.output()).toEqual(warning)
  expect(await (await fetch(`http://127.0.0.1:${site.port}/readyz`)).json()).toEqual({
    status: 'ok',
    warnings: [warning],
  })
})

test('a configuration whose secrets others can read is a warning in the log', async () => {
  const site = await configure()
  await chmod(join(site.folder, 'tallyman.yaml'), 0o644)
  const run = main(site)
  await untilUp(run)
  const [line = '{}'] = run.output().split('\n')
  const msg = expect.stringContaining(`can read the secrets in ${site.folder}/tallyman.yaml`)
  expect(JSON.parse(line)).toMatchObject({ msg })
})

test('a stop during a start ends it at once', async () => {
  // It accepts connections and never answers.
  const silent = createServer(() => {}).listen(0, '127.0.0.1')
  closers.push(() => silent.close())
  await once(silent, 'listening')
  const connected = once(silent, 'connection')
  const address = silent.address()
  const url = `redis://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  const site = await configure()
  const run = runProgram('src/main.ts', [], { ...site.env, REDIS_URL: url })
  await connected
  run.child.kill('SIGTERM')
  expect([await run.ended, run.error()]).toEqual([0, ''])
  expect(run.output()).toContain('"msg":"stopped"')
})

test('without a configuration file the error says how to get one', async () => {
  const run = runProgram('src/main.ts', [], { ...outside, TALLYMAN_CONFIG: '/nowhere/tallyman.yaml' })
  expect(await run.ended).toBe(1)
  expect(run.error()).toContain(
    'no such file or directory. To get one: cp tallyman.example.yaml /nowhere/tallyman.yaml',
  )
})

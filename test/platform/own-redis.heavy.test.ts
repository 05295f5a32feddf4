import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { chmod, mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterEach, expect, test } from 'vitest'
import { boundToUs } from '../../lab/bound.ts'
import { isRunning, untilGone } from '../../lab/process-state.ts'
import { eventually } from '../../lab/tallyman.ts'
import { startOwnRedis } from '../../src/platform/own-redis.ts'
import { redisOnSocket } from '../../src/platform/redis-on-socket.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tallyman-own-'))
  closers.push(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

const module = new URL('../../src/platform/own-redis.ts', import.meta.url).href

interface Owner {
  child: ChildProcess
  /** The path of the socket, or '' if the start was refused. */
  socket: string
  said: Promise<string>
  status: Promise<number | null>
}

/** Runs a process that starts a redis-server in the folder; it stops at SIGTERM. */
function launchOwner(folder: string) {
  const code = `
    const { startOwnRedis } = await import('${module}')
    try {
      const redis = await startOwnRedis({ folder: process.argv[1], appendfsync: 'everysec', warn: console.error })
      process.once('SIGTERM', () => redis.stop().then(() => process.exit(0)))
      process.once('SIGINT', () => process.exit(1))
      process.stdin.resume()
      console.log(redis.socket) // Last: whoever reads it may send a signal.
    } catch (error) {
      console.error(error.message)
      process.exit(1)
    }`
  const child = spawn(...boundToUs(process.execPath, ['--input-type=module', '--eval', code, folder]), {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  closers.push(async () => {
    child.kill('SIGKILL')
    // A redis-server that outlives its owner.
    for (const pid of processesIn(folder)) process.kill(Number(pid), 'SIGKILL')
  })
  const status = once(child, 'exit').then(([code]) => code)
  return { child, said: text(child.stderr), status }
}

/** Resolves once the redis-server runs or the start was refused. */
async function startOwner(folder: string): Promise<Owner> {
  const owner = launchOwner(folder)
  const printed = once(createInterface(owner.child.stdout), 'line')
  const [line] = await Promise.race([printed, owner.status.then(() => [''])])
  return { ...owner, socket: String(line) }
}

async function use<T>(socket: string, act: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis({ path: socket })
  try {
    return await act(redis)
  } finally {
    redis.disconnect()
  }
}

async function pidOn(socket: string): Promise<number> {
  const found = await redisOnSocket(socket)
  found?.disconnect()
  return found?.pid ?? 0
}

/** The processes that work in a folder. */
const processesIn = (folder: string): string[] =>
  readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`) === folder
    } catch {
      return false
    }
  })

test('a second start is refused: the error names the folder and the owner, and nothing is left of it', async () => {
  const folder = makeFolder()
  const first = await startOwner(folder)
  const pid = await pidOn(first.socket)
  const [files, processes] = [readdirSync(folder).sort(), processesIn(folder)]
  expect(processes).toEqual([`${pid}`])
  const second = await startOwner(folder)
  expect(await second.status).toBe(1)
  const said = await second.said
  expect(said).toContain(
    `the data folder ${folder} is in use by another Tallyman (pid ${first.child.pid} on `,
  )
  expect(said.trim()).not.toContain('\n')
  expect([readdirSync(folder).sort(), processesIn(folder)]).toEqual([files, processes])
  expect(await pidOn(first.socket)).toBe(pid)
})

test('of several starts at the same instant, exactly one wins', async () => {
  for (let round = 0; round < 8; round++) {
    const folder = makeFolder()
    const owners = await Promise.all([startOwner(folder), startOwner(folder), startOwner(folder)])
    const winners = owners.filter(({ socket }) => socket !== '')
    expect(winners).toHaveLength(1)
    for (const { status } of owners.filter(({ socket }) => socket === '')) expect(await status).toBe(1)
    // The next ones find a redis-server that has outlived its owner.
    const [winner] = winners
    winner?.child.kill('SIGKILL')
    await winner?.status
    const again = await Promise.all([startOwner(folder), startOwner(folder)])
    expect(again.filter(({ socket }) => socket !== '')).toHaveLength(1)
  }
})

test('a redis-server that outlived its owner is shut down before another starts, and nothing is lost', async () => {
  const folder = makeFolder()
  let total = 0
  for (let round = 0; round < 5; round++) {
    const owner = await startOwner(folder)
    expect(await use(owner.socket, (redis) => redis.llen('list'))).toBe(total)
    await use(owner.socket, async (redis) => {
      for (let n = 0; n < 300; n++) await redis.rpush('list', n)
      await redis.bgrewriteaof()
    })
    total += 300
    const redisServer = await pidOn(owner.socket)
    owner.child.kill('SIGKILL')
    await owner.status
    expect(isRunning(redisServer)).toBe(true)
    const next = await startOwner(folder)
    await untilGone(redisServer)
    expect(await use(next.socket, (redis) => redis.llen('list'))).toBe(total)
    next.child.kill('SIGTERM')
    expect(await next.status).toBe(0)
    expect(await next.said).toContain(`the redis-server of an earlier start (pid ${redisServer}) still runs`)
    expect(processesIn(folder)).toEqual([])
  }
})

test('an owner that is killed at any moment of its start leaves nothing that the next start does not end', async () => {
  const folder = makeFolder()
  for (let round = 0; round < 8; round++) {
    const owner = launchOwner(folder)
    // From the moment that the lock is there on, at a different time in each round.
    await eventually(
      async () => readdirSync(folder),
      (files) => files.includes('owner.txt'),
    )
    await sleep(round * 10)
    owner.child.kill('SIGKILL')
    await owner.status
    const next = await startOwner(folder)
    expect(await use(next.socket, (redis) => redis.incr('rounds'))).toBe(round + 1)
    await eventually(
      async () => processesIn(folder),
      (processes) => processes.length === 1,
    )
    next.child.kill('SIGTERM')
    await next.status
    rmSync(join(folder, 'owner.txt'))
  }
})

test('a process that exits without a stop ends its redis-server, too', async () => {
  const folder = makeFolder()
  const owner = await startOwner(folder)
  const pid = await pidOn(owner.socket)
  owner.child.kill('SIGINT')
  await owner.status
  await untilGone(pid)
})

test('a redis-server that ends and cannot start again: what it prints is told, once for each way to end', async () => {
  const folder = makeFolder()
  const warnings: string[] = []
  const own = await startOwnRedis({ folder, appendfsync: 'no', warn: (message) => warnings.push(message) })
  try {
    const redis = await redisOnSocket(own.socket)
    redis?.disconnect()
    const aof = join(folder, 'appendonlydir')
    const file = readdirSync(aof).find((name) => name.endsWith('.incr.aof')) ?? ''
    writeFileSync(join(aof, file), 'no commands')
    process.kill(redis?.pid ?? 0, 'SIGKILL')
    await eventually(
      async () => warnings,
      (all) => all.some((one) => one.includes('Bad file format')),
    )
    expect(warnings).toEqual([
      expect.stringContaining('ended (SIGKILL) and is started again'),
      expect.stringContaining('ended (status 1) and is started again'),
    ])
  } finally {
    await own.stop()
  }
})

test('the path of the folder may be longer than that of a socket can be', async () => {
  const folder = join(makeFolder(), ...Array.from({ length: 4 }, () => 'a'.repeat(60)))
  const first = await startOwner(folder)
  await use(first.socket, (redis) => redis.set('a', 1))
  first.child.kill('SIGKILL')
  await first.status
  const next = await startOwner(folder)
  expect(await use(next.socket, (redis) => redis.get('a'))).toBe('1')
})

test('the folder and its files are for their owner alone, also a folder that was there before', async () => {
  const folder = join(makeFolder(), 'data', 'redis')
  await mkdir(folder, { recursive: true })
  await chmod(folder, 0o777)
  const owner = await startOwner(folder)
  await use(owner.socket, (redis) => redis.set('a', 1))
  const paths = ['', ...readdirSync(folder, { recursive: true }).map(String)]
  expect(paths.length).toBeGreaterThan(4)
  for (const path of paths) expect([path, statSync(join(folder, path)).mode & 0o077]).toEqual([path, 0])
})

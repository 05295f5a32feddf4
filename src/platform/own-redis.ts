import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface OwnRedis {
  /** A unix socket that only this user can open. */
  socket: string
  /** Asks it to write what it has and waits until it is gone. */
  stop(): Promise<void>
}

/**
 * Starts a redis-server for a site that has none. It listens on a unix socket only and keeps its append-only file in
 * `folder`. @throws if there is no redis-server program, or with its output if it does not start
 */
export async function startOwnRedis(options: {
  folder: string
  appendfsync: 'everysec' | 'always' | 'no'
}): Promise<OwnRedis> {
  const folder = resolve(options.folder)
  await mkdir(folder, { recursive: true })
  // Not in `folder`: a socket's path has at most 107 bytes. Only this user can open mkdtemp's folder (mode 0700).
  const socketFolder = await mkdtemp(join(tmpdir(), 'tallyman-'))
  const socket = join(socketFolder, 'redis.sock')
  const args = [
    ...['--port', '0', '--unixsocket', socket, '--dir', folder, '--save', '', '--appendonly', 'yes'],
    ...['--appendfsync', options.appendfsync, '--maxmemory-policy', 'noeviction'],
  ]
  // A process group of its own: a Ctrl-C at the terminal must not stop it before the workers have stopped.
  const launch = () => spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  let child = launch()
  const printed = collect(child)
  let failure: Error | undefined
  child.once('error', (error) => {
    failure = error
  })
  const gone = () => failure !== undefined || child.exitCode !== null || child.signalCode !== null
  while (!(await stat(socket).catch(() => undefined))) {
    if (gone()) {
      await rm(socketFolder, { recursive: true, force: true })
      throw new Error(
        failure && 'code' in failure && failure.code === 'ENOENT'
          ? 'redis.url is not set and there is no redis-server program to start: install redis-server or set REDIS_URL'
          : `redis-server did not start in ${folder}: ${failure?.message ?? printed()}`,
      )
    }
    await sleep(10)
  }

  /** Starts it again if it dies. It reads the same append-only file, and connections reopen by themselves. */
  let relaunch: NodeJS.Timeout | undefined
  const watch = () => {
    collect(child)
    child.once('exit', () => {
      relaunch = setTimeout(() => {
        child = launch()
        watch()
      }, 500)
    })
  }
  watch()

  return {
    socket,
    async stop() {
      child.removeAllListeners('exit')
      clearTimeout(relaunch)
      if (!gone()) {
        child.kill('SIGTERM')
        await once(child, 'exit')
      }
      await rm(socketFolder, { recursive: true, force: true })
    },
  }
}

/** Collects the last 4,000 characters that a process prints. */
function collect(child: ChildProcess): () => string {
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(-4_000)
    })
  }
  return () => text.trim()
}

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
 * Starts a redis-server of our own, for a site that has none: no TCP port, append-only file in `folder`.
 * @throws if there is no redis-server program, or what it printed when it would not start
 */
export async function startOwnRedis(options: {
  folder: string
  appendfsync: 'everysec' | 'always' | 'no'
}): Promise<OwnRedis> {
  const folder = resolve(options.folder)
  await mkdir(folder, { recursive: true })
  // Not in `folder`: a socket's path is bounded to 107 bytes. mkdtemp's folder is ours alone (0700).
  const socketFolder = await mkdtemp(join(tmpdir(), 'tallyman-'))
  const socket = join(socketFolder, 'redis.sock')
  const args = [
    ...['--port', '0', '--unixsocket', socket, '--dir', folder, '--save', '', '--appendonly', 'yes'],
    ...['--appendfsync', options.appendfsync, '--maxmemory-policy', 'noeviction'],
  ]
  // Its own process group: a Ctrl-C at the terminal must not stop it before the workers have.
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

  /** Should it die, the next one reads the same append-only file, and every connection finds it by itself. */
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

/** The last 4,000 characters of what a process prints. */
function collect(child: ChildProcess): () => string {
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(-4_000)
    })
  }
  return () => text.trim()
}

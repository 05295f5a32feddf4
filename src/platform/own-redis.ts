import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { lockFolder } from './folder-lock.ts'
import { printable } from './printable.ts'
import { redisOnSocket } from './redis-on-socket.ts'
import { socketPath } from './socket-path.ts'

export interface OwnRedis {
  /** A unix socket that only this user can open. */
  socket: string
  /** Asks it to write what it has, waits until it is gone, and gives up the folder. */
  stop(): Promise<void>
}

const SOCKET = 'redis.sock'

/** After this time, in ms, a person is told what the start waits for. */
const SLOW_MS = 3_000

/** That it ended in the same way is told once in this time, in ms. */
const TELL_MS = 60_000

/**
 * Becomes a redis-server that has a lock on `redis.lock`, so that no two ever write in one folder: it waits for one that
 * has just been started and does not listen yet. The lock is inherited (flock(2)) and ends with the process.
 */
const LAUNCH = `umask 077
exec 9>>redis.lock
! command -v flock >/dev/null || flock 9
exec redis-server "$@"`

/** The status of a shell that did not find the program. */
const NOT_FOUND = 127

/**
 * Starts a redis-server for a site that has none. It listens on a unix socket only and keeps its append-only file in
 * `folder`, which belongs to this process alone until it ends. If a redis-server has outlived its Tallyman, it is shut down
 * first. @throws if another process has the folder, if there is no redis-server program, or with its output if it does
 * not start
 */
export async function startOwnRedis(options: {
  folder: string
  appendfsync: 'everysec' | 'always' | 'no'
  warn: (message: string) => void
}): Promise<OwnRedis> {
  const folder = resolve(options.folder)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  // If the folder is another user's (a mounted volume), its permissions are that user's decision.
  await chmod(folder, 0o700).catch(() => {})
  const unlock = lockFolder(folder)
  const socket = socketPath(folder, SOCKET)
  const release = () => {
    socket.close()
    unlock()
  }
  const args = [
    ...[
      '--port',
      '0',
      '--unixsocket',
      SOCKET,
      '--unixsocketperm',
      '700',
      '--save',
      '',
      '--appendonly',
      'yes',
    ],
    ...['--appendfsync', options.appendfsync, '--maxmemory-policy', 'noeviction'],
  ]
  // A process group of its own: a Ctrl-C at the terminal must not stop it before the workers have stopped.
  const launch = () =>
    spawn('sh', ['-c', LAUNCH, 'sh', ...args], {
      ...{ cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], detached: true },
    })
  let child: ChildProcess | undefined
  let relaunch: NodeJS.Timeout | undefined
  const isGone = () => child === undefined || child.exitCode !== null || child.signalCode !== null
  /** To the group: while a shell waits for the lock, its `flock` must end, too. */
  const askToEnd = () => {
    if (child?.pid !== undefined && !isGone()) process.kill(-child.pid, 'SIGTERM')
  }
  const stop = async () => {
    process.removeListener('exit', askToEnd)
    child?.removeAllListeners('exit')
    clearTimeout(relaunch)
    if (child !== undefined && !isGone()) {
      const exited = once(child, 'exit')
      askToEnd()
      await exited
    }
    release()
  }
  // However this process ends, short of SIGKILL. The next start waits until redis-server is gone.
  process.on('exit', askToEnd)
  const slow = setTimeout(
    () => options.warn(`redis-server in ${folder} does not answer yet: waiting`),
    SLOW_MS,
  )

  let printed: () => string
  try {
    await endLeftOver(socket.path, options.warn)
    child = launch()
    printed = collect(child)
    while (!(await isListening(socket.path, child, options.warn))) {
      if (isGone()) throw new Error(whyNotStarted(child, folder, printed()))
      await sleep(10)
    }
  } catch (error) {
    await stop()
    throw error
  } finally {
    clearTimeout(slow)
  }

  let told = { how: '', at: 0 }
  /**
   * Starts it again if it dies. It reads the same append-only file, and connections reopen by themselves. If it cannot start
   * (say, the file is damaged), only what it prints tells why.
   */
  const watch = (watched: ChildProcess, printed: () => string) => {
    watched.once('exit', (code, signal) => {
      const how = signal ?? `status ${code}`
      const now = performance.now()
      if (how !== told.how || now - told.at >= TELL_MS) {
        told = { how, at: now }
        options.warn(`redis-server in ${folder} ended (${how}) and is started again: ${lastLines(printed())}`)
      }
      relaunch = setTimeout(() => {
        child = launch()
        watch(child, collect(child))
      }, 500)
    })
  }
  watch(child, printed)
  return { socket: socket.path, stop }
}

/** Ends the redis-server of a Tallyman that is dead: the lock on the folder is ours. */
async function endLeftOver(socket: string, warn: (message: string) => void): Promise<void> {
  const other = await redisOnSocket(socket)
  if (other === undefined) return
  warn(`the redis-server of an earlier start (pid ${other.pid}) still runs: waiting until it has ended`)
  await other.shutDown()
}

/** Whether our own redis-server listens. If another does, which had only just been started, it is ended. */
async function isListening(
  socket: string,
  child: ChildProcess,
  warn: (message: string) => void,
): Promise<boolean> {
  const found = await redisOnSocket(socket)
  found?.disconnect()
  if (found === undefined || found.pid === child.pid) return found !== undefined
  await endLeftOver(socket, warn)
  return false
}

function whyNotStarted({ exitCode }: ChildProcess, folder: string, printed: string): string {
  if (exitCode === NOT_FOUND)
    return 'redis.url is not set and there is no redis-server program to start: install redis-server or set REDIS_URL'
  return `redis-server did not start in ${folder}: ${printed}`
}

/** What it printed last: three lines. */
const lastLines = (text: string): string => printable(text.split('\n').slice(-3).join('; '))

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

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { printable } from '../../platform/printable.ts'
import { formatDuration } from '../../platform/units.ts'
import { type Hook, type HookCall, HookFailed, OUTPUT_LIMIT } from './hook.ts'

/** What every program may need of the environment. */
const PASSED = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR']

/** How long a program may take to end after it was asked to, in ms. Then it is killed. */
const GRACE_MS = 5_000

/** How long the output of a program is waited for that has ended, in ms. What it has started may keep it open for ever. */
const OUTPUT_MS = 500

/**
 * Waits for a line on its input before it becomes the program, which then has no input. If Tallyman dies before it has noted
 * the group of processes, the program never runs.
 */
const LAUNCHER = 'read -r _ && exec "$@" </dev/null'

/** The variable by which the processes of a hook are known again. */
export const MARK = 'TALLYMAN_COLLECTION'

/**
 * Makes a hook that runs a program, in a group of processes of its own, which is ended with it. It gets few variables of the
 * environment. Its arguments may hold secrets, and are never told.
 */
export function makeCommandHook(
  options: { command: readonly string[]; env: readonly string[]; timeout: number },
  environment: NodeJS.ProcessEnv,
): Hook {
  const [program = ''] = options.command
  const passed = Object.fromEntries(
    [...PASSED, ...options.env].flatMap((name) =>
      environment[name] === undefined ? [] : [[name, environment[name]]],
    ),
  )

  return async (call) => {
    const { registry, run, hook, signal, onGroup } = call
    signal?.throwIfAborted()
    const child = spawn('/bin/sh', ['-c', LAUNCHER, 'sh', ...options.command], {
      env: { ...passed, TALLYMAN_REGISTRY: registry, [MARK]: run, TALLYMAN_HOOK: hook },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    })
    const output = collectOutput(child)
    const ended = once(child, 'exit').then(([code, by]) => ({ code, by }))
    // A program that is not there is an error, too.
    ended.catch(() => {})
    child.stdin.on('error', () => {})
    const fail = (reason: string) => {
      throw new HookFailed(`${program} ${reason}`, output())
    }
    if (child.pid === undefined) {
      await ended.catch((error) => fail(`could not be run: ${error.code ?? error.message}`))
      return output()
    }
    try {
      await onGroup?.(child.pid)
    } catch (error) {
      child.stdin.destroy()
      await ended
      throw error
    }
    child.stdin.end('\n')
    const why = await endOrReason(ended, options.timeout, call)
    if (why !== undefined) {
      await endGroup(child.pid, ended)
      await sleep(OUTPUT_MS)
      return fail(why)
    }
    const { code, by } = await ended
    await Promise.race([once(child, 'close'), sleep(OUTPUT_MS)])
    if (code === 0) return output()
    return fail(by === null ? `ended with the status ${code}` : `was ended by ${by}`)
  }
}

/** Waits for the end of a program. Gives why it must be ended, if it must. */
async function endOrReason(
  ended: Promise<unknown>,
  timeout: number,
  { signal }: HookCall,
): Promise<string | undefined> {
  const over = new AbortController()
  const late = AbortSignal.timeout(timeout)
  const all = AbortSignal.any([late, over.signal, ...(signal ? [signal] : [])])
  const asked = new Promise<string | undefined>((resolve) => {
    const tell = () => {
      if (over.signal.aborted) return resolve(undefined)
      resolve(
        late.aborted ? `did not end within ${formatDuration(timeout)}` : `was ended: ${reasonOf(signal)}`,
      )
    }
    if (all.aborted) tell()
    else all.addEventListener('abort', tell, { once: true })
  })
  return Promise.race([asked, ended.then(() => undefined)]).finally(() => over.abort())
}

const reasonOf = (signal: AbortSignal | undefined): string =>
  signal?.reason instanceof Error ? signal.reason.message : String(signal?.reason)

async function endGroup(group: number, ended: Promise<unknown>): Promise<void> {
  signalGroup(group, 'SIGTERM')
  await Promise.race([ended, sleep(GRACE_MS)])
  // Also what it has started, and what did not heed the first signal.
  signalGroup(group, 'SIGKILL')
  await ended
}

/** Sends a signal to a group of processes, if it is there. */
export function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Keeps the end of what a program prints. It is read on after the program has ended: what it has started may print, too. */
function collectOutput({ stdout, stderr }: Pick<ChildProcess, 'stdout' | 'stderr'>): () => string {
  let kept = ''
  for (const stream of [stdout, stderr]) {
    stream?.setEncoding('utf8')
    stream?.on('data', (text: string) => {
      kept = (kept + text.slice(-OUTPUT_LIMIT)).slice(-OUTPUT_LIMIT)
    })
    stream?.on('error', () => {})
    // It holds up no end of Tallyman.
    if (stream !== null && 'unref' in stream) (stream as unknown as { unref(): void }).unref()
  }
  return () => kept.trimEnd().split('\n').map(printable).join('\n')
}

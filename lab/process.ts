import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { boundToUs, stopAtOurDeath } from './bound.ts'

export interface Started {
  readonly child: ChildProcess
  readonly pid: number
  /** Everything the process printed so far. */
  output(): string
  /** Sends `signal` to this one pid and waits until it is gone; SIGKILL after 30 s. */
  stop(signal?: NodeJS.Signals): Promise<void>
}

/** After this time a program counts as hung, in ms. A busy machine needs much less. */
const PATIENCE_MS = { start: 60_000, stop: 30_000 }

/**
 * Starts a program that logs into `logFile` and waits until `ready` answers true. The program does not outlive this
 * process, however this process ends.
 */
export async function startProcess(options: {
  command: string
  args: string[]
  logFile: string
  ready: () => Promise<boolean>
  env?: NodeJS.ProcessEnv
  cwd?: string
  /** What the program gets when this process dies: SIGKILL by default, SIGTERM to let it stop its own children. */
  deathSignal?: 'SIGKILL' | 'SIGTERM'
}): Promise<Started> {
  const log = openSync(options.logFile, 'a')
  const isStopped = options.deathSignal === 'SIGTERM'
  const [command, args] = isStopped
    ? [options.command, options.args]
    : boundToUs(options.command, options.args)
  const child = spawn(command, args, {
    stdio: ['ignore', log, log],
    env: options.env ?? process.env,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    // A Ctrl-C at the terminal reaches only us, so we can stop the programs in their order. Elsewhere it must reach them,
    // since nothing else ends them if we die.
    detached: process.platform === 'linux',
  })
  closeSync(log)
  if (isStopped) stopAtOurDeath(child)
  const output = () => readFileSync(options.logFile, 'utf8')
  let failure: Error | undefined
  child.once('error', (error) => {
    failure = error
  })
  const gone = () => failure !== undefined || child.exitCode !== null || child.signalCode !== null
  for (const until = Date.now() + PATIENCE_MS.start; ; await sleep(20)) {
    if (gone()) throw new Error(`${options.command} ended at once: ${failure?.message ?? output()}`)
    if (await options.ready().catch(() => false)) break
    if (Date.now() > until) {
      child.kill('SIGKILL')
      throw new Error(`${options.command} was not ready after ${PATIENCE_MS.start / 1000} s: ${output()}`)
    }
  }
  return {
    child,
    pid: child.pid ?? 0,
    output,
    async stop(signal = 'SIGTERM') {
      if (gone()) return
      const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
      child.kill(signal)
      const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS.stop)
      await exited
      clearTimeout(timer)
    },
  }
}

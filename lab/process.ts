import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Started {
  readonly child: ChildProcess
  readonly pid: number
  /** Everything the process printed so far. */
  output(): string
  /** Sends `signal` to this one pid and waits until it is gone; SIGKILL after 10 s. */
  stop(signal?: NodeJS.Signals): Promise<void>
}

/** Starts a program that logs into `logFile` and waits until `ready` answers true (asked every 20 ms, 20 s at most). */
export async function startProcess(options: {
  command: string
  args: string[]
  logFile: string
  ready: () => Promise<boolean>
  env?: NodeJS.ProcessEnv
  cwd?: string
}): Promise<Started> {
  const log = openSync(options.logFile, 'a')
  const child = spawn(options.command, options.args, {
    stdio: ['ignore', log, log],
    env: options.env ?? process.env,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  })
  closeSync(log)
  const output = () => readFileSync(options.logFile, 'utf8')
  let failure: Error | undefined
  child.once('error', (error) => {
    failure = error
  })
  const gone = () => failure !== undefined || child.exitCode !== null || child.signalCode !== null
  for (const until = Date.now() + 20_000; ; await sleep(20)) {
    if (gone()) throw new Error(`${options.command} ended at once: ${failure?.message ?? output()}`)
    if (await options.ready().catch(() => false)) break
    if (Date.now() > until) {
      child.kill('SIGKILL')
      throw new Error(`${options.command} was not ready after 20 s: ${output()}`)
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
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
      await exited
      clearTimeout(timer)
    },
  }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { stopAtOurDeath } from './bound.ts'

/** The environment without Tallyman's variables: tests must not see a developer's own settings. */
export const outside = Object.fromEntries(
  Object.entries(process.env).filter(([key]) => key !== 'REDIS_URL' && !key.startsWith('TALLYMAN_')),
)

export interface Run {
  child: ChildProcess
  /** What it has written to standard output and to standard error so far. */
  output(): string
  error(): string
  /** Resolves to its status when it has ended; null if a signal ended it. */
  ended: Promise<number | null>
}

/** Runs one of Tallyman's programs, such as `src/main.ts`, without waiting for anything. */
export function runProgram(path: string, args: readonly string[], env: NodeJS.ProcessEnv = outside): Run {
  const program = join(import.meta.dirname, '..', path)
  return follow(spawn(process.execPath, [program, ...args], { env, stdio: 'pipe' }))
}

/** Collects what a process writes. The process is asked to stop when this one dies by any cause. */
export function follow(child: ChildProcess): Run {
  stopAtOurDeath(child)
  const written = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.on('data', (chunk: Buffer) => {
      written[name] += chunk.toString()
    })
  return {
    child,
    output: () => written.stdout,
    error: () => written.stderr,
    ended: once(child, 'close').then(([status]) => status),
  }
}

import { execFile } from 'node:child_process'
import { printable } from '../platform/printable.ts'

/** What of the last line of stderr is told, in characters. */
const TOLD = 200

/**
 * Runs a program without a shell and gives what it prints, as UTF-8. It inherits the environment. It is killed if it prints
 * more bytes or takes longer. @throws Error that names the program and not its arguments, which may hold secrets
 */
export function commandOutput(
  [program = '', ...args]: readonly string[],
  limits: { bytes: number; ms: number },
): Promise<string> {
  const options = { maxBuffer: limits.bytes, timeout: limits.ms, killSignal: 'SIGKILL' as const }
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => reject(new Error(`the command ${program} failed: ${reason}`))
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER')
        fail(`it printed more than ${limits.bytes} bytes`)
      else if (error.killed) fail(`it took more than ${limits.ms / 1000} s`)
      else if (typeof error.code === 'string') fail(error.code)
      else fail(`${error.signal ?? `exit status ${error.code}`}${lastLine(stderr)}`)
    })
    // It may end before its input is closed.
    child.stdin?.on('error', () => {})
    child.stdin?.end()
  })
}

function lastLine(stderr: string): string {
  const line = stderr.trimEnd().split('\n').at(-1) ?? ''
  return line === '' ? '' : `: ${printable(line.slice(0, TOLD))}`
}

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/**
 * A command and its arguments, to be run so that the kernel kills it when the process that runs it dies by any cause,
 * SIGKILL among them (prctl(2), PR_SET_PDEATHSIG). `setpriv` replaces itself by the command, so the pid and every signal
 * to it are the command's. Without Linux the command is run as it is.
 */
export function boundToUs(command: string, args: readonly string[]): [command: string, args: string[]] {
  if (process.platform !== 'linux') return [command, [...args]]
  return ['setpriv', ['--pdeathsig', 'KILL', '--', command, ...args]]
}

export interface Will {
  /** Runs it now, and waits until it has ended. */
  execute(): Promise<void>
  /** Never runs it. */
  revoke(): void
}

/** Has a shell run a script when this process dies by any cause: the shell waits for the end of its input, a pipe of ours. */
export function atOurDeath(script: string, ...args: string[]): Will {
  const shell = spawn('sh', ['-c', `cat >/dev/null; ${script}`, 'sh', ...args], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // In a process group of its own: Ctrl-C must not end it.
    detached: true,
  })
  shell.unref()
  return {
    async execute() {
      shell.ref()
      const ended = once(shell, 'exit')
      shell.stdin.end()
      await ended
    },
    revoke() {
      // Ends the shell and its `cat`.
      if (shell.pid !== undefined && shell.exitCode === null) process.kill(-shell.pid, 'SIGKILL')
    },
  }
}

/**
 * Asks a program to stop when this process dies by any cause, so that it stops its own children. The kernel cannot do it: it
 * may send a signal once for each thread of ours, and a second SIGTERM ends a service at once.
 */
export function stopAtOurDeath(child: ChildProcess): void {
  // A frozen process does not see SIGTERM.
  const will = atOurDeath('kill -TERM "$1"; kill -CONT "$1"', `${child.pid}`)
  child.once('exit', will.revoke)
}

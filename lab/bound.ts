/**
 * A command and its arguments, to be run so that it gets a signal when the process that runs it dies by any cause,
 * SIGKILL among them (prctl(2), PR_SET_PDEATHSIG). `setpriv` replaces itself by the command, so the pid and every
 * signal to it are the command's. Without Linux the command is run as it is.
 */
export function boundToUs(
  command: string,
  args: readonly string[],
  signal: NodeJS.Signals = 'SIGKILL',
): [command: string, args: string[]] {
  if (process.platform !== 'linux') return [command, [...args]]
  return ['setpriv', ['--pdeathsig', signal.slice('SIG'.length), '--', command, ...args]]
}

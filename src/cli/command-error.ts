/** A command that failed: its message is printed and the exit status is 1. Wrong usage is commander's to report. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
}

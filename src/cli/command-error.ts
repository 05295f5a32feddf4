import { printable } from '../platform/printable.ts'

/**
 * A command that failed: its message is printed and the exit status is 1. Each of `lines` is one line of the message; text
 * from outside is escaped. Wrong usage is commander's to report.
 */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  constructor(...lines: readonly string[]) {
    super(lines.map(printable).join('\n'))
  }
}

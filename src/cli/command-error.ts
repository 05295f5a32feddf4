import { printable } from '../platform/printable.ts'
import { EXIT } from './exit-statuses.ts'

/**
 * A command that failed: its message is printed, and the exit status is 1, or what `as` says. Each of `lines` is one line of the
 * message; text from outside is escaped. Wrong usage is commander's to report.
 */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  status: number = EXIT.failed
  constructor(...lines: readonly string[]) {
    super(lines.map(printable).join('\n'))
  }

  /** The same with an exit status of its own. */
  as(status: number): this {
    this.status = status
    return this
  }
}

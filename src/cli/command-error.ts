/** Ends a command with its message, which is for people. Status 1: it could not be done; 2: it was asked for wrongly. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly status: 1 | 2
  constructor(message: string, status: 1 | 2 = 1) {
    super(message)
    this.status = status
  }
}

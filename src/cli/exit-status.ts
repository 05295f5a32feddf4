/** Ends a command that has printed its result with a status of its own. */
export class ExitStatus extends Error {
  override readonly name = 'ExitStatus'
  readonly status: number
  constructor(status: number) {
    super(`exit status ${status}`)
    this.status = status
  }
}

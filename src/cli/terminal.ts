/** Where a command prints, and who may be there. */
export interface Terminal {
  /** Prints on standard output. What it gives resolves once there is room for more. @throws BrokenPipe if nobody reads */
  out(text: string): unknown
  /** Prints on standard error. */
  err(text: string): unknown
  /** Whether standard output shows colours. */
  hasColours?: boolean
  /** How many columns standard error has. Absent if it is no terminal. */
  errColumns?: number | undefined
  /** Asks a person, and gives the answer; `undefined` after Ctrl-C or Ctrl-D. Absent if nobody can be asked. */
  ask?(question: string): Promise<string | undefined>
}

/** Ends a command whose output nobody reads any more, as `head` does. */
export class BrokenPipe extends Error {
  override readonly name = 'BrokenPipe'
}

/** A message must wait. It was not sent, and this is no failed attempt. */
export class NotYet extends Error {
  override readonly name = 'NotYet'
  /** After how many ms it may ask again. */
  readonly waitMs: number

  constructor(waitMs: number) {
    super(`other messages are sent first: it asks again in ${waitMs} ms`)
    this.waitMs = waitMs
  }
}

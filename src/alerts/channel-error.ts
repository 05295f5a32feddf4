/** An alert that a channel did not accept. Holds nothing of the channel's URL but its host: the path is a secret. */
export class ChannelError extends Error {
  override readonly name = 'ChannelError'
  readonly channel: string
  /** The HTTP status, or undefined when no answer came. */
  readonly status: number | undefined
  /** Whether sending the same again may succeed. */
  readonly retry: boolean

  constructor(message: string, options: { channel: string; status: number | undefined; retry: boolean }) {
    super(message)
    this.channel = options.channel
    this.status = options.status
    this.retry = options.retry
  }
}

/** A channel did not accept a message. The error names the host of the channel's URL only: the path is a secret. */
export class ChannelError extends Error {
  override readonly name = 'ChannelError'
  readonly channel: string
  /** The HTTP status; `undefined` if no answer came. */
  readonly status: number | undefined
  /** Whether another attempt may succeed. */
  readonly retry: boolean
  /** How long the receiver asked to wait (`Retry-After`), in ms. */
  readonly retryAfterMs: number | undefined

  constructor(
    message: string,
    options: {
      channel: string
      status: number | undefined
      retry: boolean
      retryAfterMs?: number | undefined
    },
  ) {
    super(message)
    this.channel = options.channel
    this.status = options.status
    this.retry = options.retry
    this.retryAfterMs = options.retryAfterMs
  }
}

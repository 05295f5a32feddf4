const RETRY = {
  /** The registry does not have a manifest that is to be copied. */
  absent: false,
  /** An image has more parts than are copied. */
  'too much': false,
  /** No child of the index is for a platform that is wanted. */
  'no platform': false,
  /** The target took content and gives back none, or other content. */
  'not kept': true,
}

/** A copy cannot be made, though no registry refused a request. */
export class CopyError extends Error {
  override readonly name = 'CopyError'
  readonly code: keyof typeof RETRY
  /** Whether the same copy may succeed later. */
  readonly retry: boolean

  constructor(code: keyof typeof RETRY, message: string) {
    super(message)
    this.code = code
    this.retry = RETRY[code]
  }
}

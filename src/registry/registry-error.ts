/** A registry failed or refused a request. Contains no secrets: no credential, no token, no signed URL. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError'
  readonly registry: string
  /** `PUT manifest team/app:v1` */
  readonly operation: string
  /** The HTTP status. `undefined` if there was no answer, or if the content of the answer was wrong. */
  readonly status: number | undefined
  /** OCI error codes (distribution spec 1.1, "Error codes"), or the network's, such as `ECONNREFUSED`. */
  readonly codes: string[]
  /** What the registry answered: status, codes and its message, `403 DENIED (access is denied)`. */
  readonly answer: string
  /** Whether the same request may succeed later. */
  readonly retry: boolean
  /** How long the registry asked us to wait, in ms. */
  readonly retryAfter: number | undefined
  /** Whether the registry gave bytes that do not hash to their digest. Any other error says nothing about the content. */
  readonly isWrongContent: boolean

  constructor(facts: {
    registry: string
    operation: string
    reason: string
    status?: number
    codes?: string[]
    retry?: boolean
    retryAfter?: number | undefined
    isWrongContent?: boolean
  }) {
    const codes = facts.codes ?? []
    const head = [facts.status, ...codes].filter((part) => part !== undefined).join(' ')
    const reason = clean(facts.reason)
    const tail = head === '' ? reason : reason === '' ? head : `${head} (${reason})`
    super(`${facts.registry}: ${facts.operation}: ${tail}`)
    this.registry = facts.registry
    this.operation = facts.operation
    this.status = facts.status
    this.codes = codes
    this.answer = tail
    this.retry = facts.retry ?? false
    this.retryAfter = facts.retryAfter
    this.isWrongContent = facts.isWrongContent ?? false
  }
}

/** Whether there was no answer. */
export const hasNoAnswer = ({ status, codes }: RegistryError): boolean =>
  status === undefined && codes.length > 0

/** Whether the same request may have another outcome in a later run. */
export const mayPass = (error: RegistryError): boolean => error.retry || hasNoAnswer(error)

/** Whether the registry answers so because of what it was asked for. Other answers may be the same for whatever is asked. */
export function isUnreadable(error: unknown): error is RegistryError {
  if (!(error instanceof RegistryError) || hasNoAnswer(error) || error.status === 401) return false
  return !error.retry || error.status === 500
}

/** Codes of a registry that lacks what a manifest refers to (distribution spec 1.1, "Error codes"). */
const LACKS_CONTENTS = ['MANIFEST_BLOB_UNKNOWN', 'BLOB_UNKNOWN']

/** Whether a registry did not take a manifest since it does not have what that refers to. */
export const lacksContents = ({ codes }: RegistryError): boolean =>
  codes.some((code) => LACKS_CONTENTS.includes(code))

/** The bytes are not a manifest of a known kind. */
export class InvalidManifest extends Error {
  override readonly name = 'InvalidManifest'
}

/**
 * Makes a registry's text fit for a log: one short line, without what it may have repeated of requests: Authorization headers, tokens,
 * and URLs that are signed or have a login.
 */
const clean = (text: string): string =>
  text
    .slice(0, 4_096)
    .replace(/\p{Cc}+/gu, ' ')
    .replace(/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, '$1 …')
    .replace(/\beyJ[\w-]{8,}(?:\.[\w-]*)*/g, '…')
    .replace(/\b(https?:\/\/)[^\s/@]+@/gi, '$1…@')
    .replace(/\b(https?:\/\/[^\s"'<>?]+\?)[^\s"'<>]+/gi, '$1…')
    .slice(0, 300)
    .trim()

/** Why a token of a CI job is refused, and the HTTP status that says so. */
const STATUS = {
  /** It is no token, or not one of a configured issuer, for this service and of this time. */
  malformed: 401,
  issuer: 401,
  algorithm: 401,
  key: 401,
  signature: 401,
  audience: 401,
  time: 401,
  /** It is genuine, and its job may do nothing here. */
  claim: 403,
  condition: 403,
  project: 403,
  id: 403,
  /** The keys of its issuer cannot be read now. Trying again can help. */
  keys: 503,
} as const
export type CiRefusalCode = keyof typeof STATUS

/** A token of a CI job that is refused. The message is for the caller: what is wrong and what is expected. */
export class CiRefusal extends Error {
  override readonly name = 'CiRefusal'
  readonly code: CiRefusalCode
  readonly status: (typeof STATUS)[CiRefusalCode]

  constructor(code: CiRefusalCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.status = STATUS[code]
  }
}

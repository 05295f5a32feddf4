/**
 * Why somebody could not log in, in a word for the address of the login page. `denied`: the issuer said no. `no-group`: no group
 * may do anything. `expired`: it took too long, or was begun in another window. `unavailable`: the issuer does not answer. `failed`:
 * what it answered is wrong; the log says more.
 */
export type LoginFailureCode = 'denied' | 'no-group' | 'expired' | 'unavailable' | 'failed'

/** A login by OpenID Connect that came to nothing. The message is for the log. */
export class LoginFailure extends Error {
  override readonly name = 'LoginFailure'
  readonly code: LoginFailureCode
  constructor(code: LoginFailureCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

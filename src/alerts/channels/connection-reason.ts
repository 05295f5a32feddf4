const UNTRUSTED = /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_UNTRUSTED)/

/** Why a connection failed, in a word such as ECONNREFUSED, and what to do about it; `undefined` if the error has no code. */
export function connectionReason(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  // nodemailer puts a code of its own in front.
  const code = String('originalCode' in error ? error.originalCode : error.code)
  return UNTRUSTED.test(code) ? `${code}: name the certificate of its CA in NODE_EXTRA_CA_CERTS` : code
}

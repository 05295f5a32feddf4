import { createPublicKey, type KeyObject } from 'node:crypto'

const EXPECTED = 'expected one public key in PEM, -----BEGIN PUBLIC KEY-----: ECDSA P-256 or ed25519'
const PEM = /^\s*-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----\s*$/

/** A key that checks signatures. A private key or a certificate is refused. @throws RangeError that says what was expected */
export function parsePublicKey(pem: string): KeyObject {
  const key = PEM.test(pem) ? read(pem) : undefined
  if (key?.asymmetricKeyType === 'ed25519') return key
  if (key?.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key
  throw new RangeError(EXPECTED)
}

function read(pem: string): KeyObject | undefined {
  try {
    return createPublicKey(pem)
  } catch {
    return undefined
  }
}

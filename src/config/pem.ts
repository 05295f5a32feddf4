import { createPrivateKey, X509Certificate } from 'node:crypto'

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g

/** Whether a text has certificates in PEM, and each can be read. */
export function hasCertificates(text: string): boolean {
  const found = text.match(CERTIFICATE) ?? []
  return found.length > 0 && found.every((pem) => tried(() => new X509Certificate(pem)) !== undefined)
}

/** Whether a text is a private key in PEM that needs no password. */
export const isPrivateKey = (text: string): boolean => tried(() => createPrivateKey(text)) !== undefined

/** Whether a text is such a key of ed25519. */
export const isEd25519Key = (text: string): boolean =>
  tried(() => createPrivateKey(text))?.asymmetricKeyType === 'ed25519'

/** Whether a key is that of the first of the certificates. True if one of them cannot be read. */
export function isKeyOf(key: unknown, certificates: unknown): boolean {
  const matches = tried(() =>
    new X509Certificate(String(certificates)).checkPrivateKey(createPrivateKey(String(key))),
  )
  return matches ?? true
}

function tried<T>(make: () => T): T | undefined {
  try {
    return make()
  } catch {
    return undefined
  }
}

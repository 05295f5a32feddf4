import { createHash } from 'node:crypto'

/** The algorithms of the OCI image spec (descriptor.md, "Registered algorithms"), and sha384, which distribution accepts. */
export type Algorithm = 'sha256' | 'sha384' | 'sha512'

const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/

export const isDigest = (text: string): boolean => DIGEST.test(text)

export function hashOf(bytes: Buffer, algorithm: Algorithm = 'sha256'): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`
}

/** The algorithm of a valid digest. */
export function algorithmOf(digest: string): Algorithm {
  if (digest.startsWith('sha512:')) return 'sha512'
  return digest.startsWith('sha384:') ? 'sha384' : 'sha256'
}

/** Whether `bytes` hash to a valid digest. */
export const hashesTo = (bytes: Buffer, digest: string): boolean =>
  hashOf(bytes, algorithmOf(digest)) === digest

/** The bytes of a digest's hash: 32 for sha256, 48 for sha384, 64 for sha512; 16 for a `key:`. */
export function digestBytes(digest: string): Buffer {
  return Buffer.from(digest.slice(digest.indexOf(':') + 1), 'hex')
}

const ALGORITHM_OF_LENGTH: Record<number, string> = { 16: 'key', 32: 'sha256', 48: 'sha384', 64: 'sha512' }

/** The reverse of `digestBytes`: the length tells the algorithm. */
export function digestText(bytes: Buffer): string {
  return `${ALGORITHM_OF_LENGTH[bytes.length] ?? 'unknown'}:${bytes.toString('hex')}`
}

/** The first 16 bytes of a digest, in hex. The index names contents by these. */
export function digestKey(digest: string): string {
  const start = digest.indexOf(':') + 1
  return digest.slice(start, start + 32)
}

/** `key:` and the first 16 bytes in hex, for a digest of which the index has only the key. */
export const digestOfKey = (key: string): string => `key:${key}`

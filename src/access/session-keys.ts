import { scrypt } from 'node:crypto'
import { promisify } from 'node:util'

const scryptOf = promisify<string, string, number, { N: number; maxmem: number }, Buffer>(scrypt)

/** What a try of one secret costs: 32 MiB and some 60 ms. */
const COST = { N: 32_768, maxmem: 64 * 1024 * 1024 }

const KEY_BYTES = 32

/** The keys of sessions. */
export interface SessionKeys {
  /** For the cookies of browsers. */
  cookie: Buffer
  /** For what is kept of a token (token-logins.ts). */
  proof: Buffer
}

/**
 * Makes the keys of a secret of the configuration, which all processes of the API share. So no key needs to be kept or handed
 * around, and who reads Redis or a copy of it knows none. Whoever logs in holds a cookie with which secrets can be tried: each try
 * is made slow.
 */
export async function makeSessionKeys(secret: string): Promise<SessionKeys> {
  const bytes = await scryptOf(secret, 'tallyman sessions', 2 * KEY_BYTES, COST)
  return { cookie: bytes.subarray(0, KEY_BYTES), proof: bytes.subarray(KEY_BYTES) }
}

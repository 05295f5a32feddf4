import { timingSafeEqual } from 'node:crypto'

/**
 * Makes a function that gives the name to which the bearer token of an `Authorization` header belongs. It compares with
 * every token in constant time, padded to one length so that lengths do not show either. (Hashing them instead took 8 µs
 * a request.)
 */
export function makeIdentify<Name extends string>(tokens: readonly { name: Name; token: string }[]) {
  const size = Math.max(1, ...tokens.map(({ token }) => Buffer.byteLength(token)))
  const pad = (text: string, into: Buffer): Buffer => into.fill(0, into.write(text))
  const padded = tokens.map(({ name, token }) => ({ name, theirs: pad(token, Buffer.alloc(size)) }))
  const given = Buffer.alloc(size)
  return (authorization: string | undefined): Name | undefined => {
    const match = /^Bearer +(\S+) *$/i.exec(authorization ?? '')
    const text = match?.[1] ?? ''
    pad(text, given)
    let found: Name | undefined
    for (const { name, theirs } of padded) if (timingSafeEqual(given, theirs)) found = name
    // A longer token was cut off to fit.
    return text === '' || Buffer.byteLength(text) > size ? undefined : found
  }
}

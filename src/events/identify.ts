import { hash, timingSafeEqual } from 'node:crypto'

/**
 * Who holds a bearer token. Compares against every token in constant time, over hashes so that lengths do not
 * show either. Returns the name that the `Authorization` header's token belongs to.
 */
export function makeIdentify<Name extends string>(tokens: readonly { name: Name; token: string }[]) {
  const known = tokens.map(({ name, token }) => ({ name, theirs: sha256(token) }))
  return (authorization: string | undefined): Name | undefined => {
    const match = /^Bearer +(\S+) *$/i.exec(authorization ?? '')
    const given = sha256(match?.[1] ?? '')
    let found: Name | undefined
    for (const { name, theirs } of known) if (timingSafeEqual(given, theirs)) found = name
    return match === null ? undefined : found
  }
}

const sha256 = (text: string): Buffer => hash('sha256', text, 'buffer')

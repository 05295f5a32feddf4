/** An authentication challenge. The scheme and the names of parameters are in lower case. */
export interface Challenge {
  scheme: string
  params: Map<string, string>
}

// A token alone is a scheme. A token, `=`, and a token or a quoted string are a parameter. Sticky, so linear in time.
const PART = /[\s,]*([^\s,="]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?/y

/**
 * Parses WWW-Authenticate (RFC 9110, 11.6.1). A comma may separate two challenges, two parameters, or two actions in a
 * quoted scope. Stops at the first part that is not valid.
 */
export function parseChallenges(header: string): Challenge[] {
  const challenges: Challenge[] = []
  PART.lastIndex = 0
  for (let part = PART.exec(header); part !== null; part = PART.exec(header)) {
    const [, name = '', quoted, plain] = part
    const value = quoted?.replace(/\\(.)/g, '$1') ?? plain
    if (value === undefined) challenges.push({ scheme: name.toLowerCase(), params: new Map() })
    else challenges.at(-1)?.params.set(name.toLowerCase(), value)
  }
  return challenges
}

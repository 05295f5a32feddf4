/** One authentication challenge; scheme and parameter names in lower case. */
export interface Challenge {
  scheme: string
  params: Map<string, string>
}

// A token, alone (a scheme) or with `=` and a token or quoted string behind it (a parameter). Sticky, so linear.
const PART = /[\s,]*([^\s,="]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?/y

/**
 * Reads WWW-Authenticate (RFC 9110, 11.6.1), where one comma may part two challenges, two parameters, or two
 * actions inside a quoted scope. Stops at what it cannot read.
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

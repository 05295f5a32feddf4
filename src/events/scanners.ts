import { makeWildcard } from '../platform/wildcard.ts'
import type { RegistryEvent } from './event.ts'

/** Whether a scanner caused an event. A scanner's pull is no use of the image. */
export type IsScanner = (event: Pick<RegistryEvent, 'request' | 'actor'>) => boolean

/** Recognises scanners by wildcards over user agents and over login names. Case does not matter. */
export function makeIsScanner(scanners: {
  userAgents: readonly string[]
  actors: readonly string[]
}): IsScanner {
  const compiled = (patterns: readonly string[]) =>
    patterns.map((pattern) => makeWildcard(pattern.toLowerCase()))
  const [userAgents, actors] = [compiled(scanners.userAgents), compiled(scanners.actors)]
  // An empty name matches no wildcard, not even `*`.
  const isOneOf = (patterns: typeof actors, text = '') =>
    text !== '' && patterns.some((matches) => matches(text.toLowerCase()))
  return ({ request, actor }) => isOneOf(userAgents, request?.useragent) || isOneOf(actors, actor?.name)
}

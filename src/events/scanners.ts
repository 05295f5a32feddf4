import { makeWildcard } from '../platform/wildcard.ts'
import type { RegistryEvent } from './event.ts'

/** Whether a scanner caused an event. A scanner's pull is no use of the image. */
export type IsScanner = (event: Pick<RegistryEvent, 'request' | 'actor'>) => boolean

/** Recognises scanners by wildcards over user agents and over login names. */
export function makeIsScanner(scanners: {
  userAgents: readonly string[]
  actors: readonly string[]
}): IsScanner {
  const [userAgents, actors] = [scanners.userAgents.map(makeWildcard), scanners.actors.map(makeWildcard)]
  // An empty name matches no wildcard, not even `*`.
  const isOneOf = (patterns: typeof actors, text = '') =>
    text !== '' && patterns.some((matches) => matches(text))
  return ({ request, actor }) => isOneOf(userAgents, request?.useragent) || isOneOf(actors, actor?.name)
}

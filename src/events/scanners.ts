import { makeWildcard } from '../platform/wildcard.ts'
import type { RegistryEvent } from './event.ts'

/** Whether a scanner caused an event: what it pulls is read, and not used. */
export type IsScanner = (event: Pick<RegistryEvent, 'request' | 'actor'>) => boolean

/** Scanners by wildcards over their user agents, and over the names that they log in with. */
export function makeIsScanner(scanners: {
  userAgents: readonly string[]
  actors: readonly string[]
}): IsScanner {
  const [userAgents, actors] = [scanners.userAgents.map(makeWildcard), scanners.actors.map(makeWildcard)]
  // Who says nothing is nobody that was named, whatever the wildcard.
  const isOneOf = (patterns: typeof actors, text = '') =>
    text !== '' && patterns.some((matches) => matches(text))
  return ({ request, actor }) => isOneOf(userAgents, request?.useragent) || isOneOf(actors, actor?.name)
}

import { printable } from '../platform/printable.ts'
import { type Counts, type Endpoint, NO_COUNTS, type ProcessMetrics } from './counts.ts'

/** Which endpoint is Tallyman's, as the configuration says. */
export interface EndpointChoice {
  /** Its name at the registry. Absent: the only one, or the one that sends to `/v1/events`, or is named `tallyman`. */
  endpoint?: string | undefined
  /** Whether Tallyman's is the only endpoint: then metrics without names of endpoints count, too. */
  onlyEndpoint: boolean
}

/** What was counted for Tallyman's endpoint, or why that cannot be told. A problem shows names only: a URL may hold a secret. */
export function chooseEndpoint(
  { endpoints, mayLackEndpoints }: ProcessMetrics,
  { endpoint, onlyEndpoint }: EndpointChoice,
): Counts | { problem: string } {
  const [first] = endpoints
  if (endpoints.length === 1 && first !== undefined && first.name === undefined)
    return onlyEndpoint
      ? first.counts
      : {
          problem:
            'its metrics do not tell its endpoints apart: read its /debug/vars, or set onlyEndpoint: true if it has no other endpoint',
        }
  const found = endpoint === undefined ? likely(endpoints) : endpoints.filter(({ name }) => name === endpoint)
  if (found.length === 1 && found[0]) return found[0].counts
  if (endpoints.length === 0 && !mayLackEndpoints) return { problem: 'it has no endpoint of notifications' }
  if (mayLackEndpoints && (endpoints.length === 0 || endpoint !== undefined)) return NO_COUNTS
  const names = namesOf(endpoints)
  return endpoint === undefined
    ? { problem: `which of its endpoints is Tallyman's: ${names}? Name it in metrics.endpoint` }
    : { problem: `it has no endpoint "${printable(endpoint)}"; it has: ${names}` }
}

/** Names that a problem shows, and characters of each: it is kept, and shown to people. */
const SHOWN = { names: 10, characters: 60 }

function namesOf(endpoints: readonly Endpoint[]): string {
  const names = endpoints
    .slice(0, SHOWN.names)
    .map(({ name = '' }) =>
      printable(name.length > SHOWN.characters ? `${name.slice(0, SHOWN.characters)}…` : name),
    )
  const more = endpoints.length - names.length
  return names.join(', ') + (more > 0 ? ` and ${more} more` : '')
}

function likely(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  if (endpoints.length === 1) return endpoints
  const byUrl = endpoints.filter(({ url }) => url !== undefined && /\/v1\/events\/?$/.test(url))
  return byUrl.length === 1 ? byUrl : endpoints.filter(({ name }) => name === 'tallyman')
}

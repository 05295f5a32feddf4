import type { Birth, Counts, Endpoint, ProcessMetrics } from './counts.ts'

type Fields = Record<string, unknown>

/**
 * Reads `/debug/vars` of a registry (docs/registries.md, Delivery): JSON with what each endpoint counted, and with the headers of the
 * endpoint, whose Authorization is a secret. So nothing but numbers, names and URLs is taken, and an error repeats nothing.
 * `undefined` if the value is nothing of a registry.
 */
export function readDebugVars(value: unknown): ProcessMetrics | undefined {
  const endpoints = fieldsOf(fieldsOf(fieldsOf(value).registry).notifications).endpoints
  // Go writes an empty list as null.
  if (endpoints !== null && !Array.isArray(endpoints)) return undefined
  const { birth, recentCollections } = readMemory(fieldsOf(fieldsOf(value).memstats))
  return {
    endpoints: (endpoints ?? []).flatMap((one) => readEndpoint(fieldsOf(one)) ?? []),
    ...{ birth, recentCollections, mayLackEndpoints: false },
  }
}

function readEndpoint({ name, url, Metrics }: Fields): Endpoint | undefined {
  const counts = readCounts(fieldsOf(Metrics))
  if (typeof name !== 'string' || counts === undefined) return undefined
  return { name, ...(typeof url === 'string' && { url }), counts }
}

function readCounts(metrics: Fields): Counts | undefined {
  const [events, successes, pending] = ['Events', 'Successes', 'Pending'].map((key) => countOf(metrics[key]))
  if (events === undefined || successes === undefined || pending === undefined) return undefined
  const [dropped, lost] = [countOf(metrics.Dropped), countOf(metrics.Lost)]
  // GitLab's registry counted what it gave up only later: it is what is neither delivered nor in the queue.
  const givenUp =
    dropped === undefined && lost === undefined
      ? Math.max(0, events - successes - pending)
      : (dropped ?? 0) + (lost ?? 0)
  return { events, successes, givenUp, pending }
}

/** How many garbage collections Go remembers. */
const REMEMBERED = 256

function readMemory({ TotalAlloc, NumGC, LastGC, PauseEnd }: Fields) {
  const [allocated, collections, lastCollection] = [TotalAlloc, NumGC, LastGC].map(sizeOf)
  const birth: Birth = {
    ...(allocated !== undefined && { allocated }),
    ...(collections !== undefined && { collections }),
    ...(lastCollection !== undefined && lastCollection > 0 && { lastCollection }),
  }
  const ends = Array.isArray(PauseEnd) ? PauseEnd.slice(0, REMEMBERED) : []
  return {
    birth,
    recentCollections: ends.map(sizeOf).filter((at) => at !== undefined && at > 0) as number[],
  }
}

/** Nanoseconds since 1970 have no exact number, but always the same one. */
const sizeOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined

const countOf = (value: unknown): number | undefined =>
  Number.isSafeInteger(value) ? sizeOf(value) : undefined

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {}

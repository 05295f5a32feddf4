import { type Counts, type Endpoint, NO_COUNTS, type ProcessMetrics } from './counts.ts'

interface Sample {
  metric: string
  labels: Record<string, string>
  value: number
}

const START = 'process_start_time_seconds'

/** What is more is no count. */
const MOST = Number.MAX_SAFE_INTEGER / 1_000

const SAMPLE = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?$/
const LABEL = /([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"\s*,?\s*/gy

/** The samples whose metric is one of these, of Prometheus' text format. */
function* samplesOf(text: string, isWanted: (metric: string) => boolean): Generator<Sample> {
  for (const line of text.split('\n')) {
    if (!line.startsWith('registry_notifications_') && !line.startsWith(START)) continue
    const [, metric = '', labels = '', value = ''] = SAMPLE.exec(line.trimEnd()) ?? []
    const number = Number(value)
    // A part of an event is garbage; a time has parts.
    const isNumber = metric === START ? Number.isFinite(number) : Number.isInteger(number)
    if (isWanted(metric) && value !== '' && isNumber && number >= 0 && number <= MOST)
      yield { metric, labels: readLabels(labels), value: number }
  }
}

const readLabels = (text: string): Record<string, string> =>
  Object.fromEntries([...text.matchAll(LABEL)].map(([, name = '', value = '']) => [name, unescaped(value)]))

const unescaped = (text: string): string =>
  text.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character))

/** The metrics of notifications, without the `_total` that only some versions append. */
const NOTIFICATIONS = /^registry_notifications_(events|pending|delivery)(?:_total)?$/

/** What was seen of one endpoint. */
interface Seen {
  name: string | undefined
  counts: Counts
  hasPending: boolean
  countsGivenUp: boolean
}

/**
 * Reads Prometheus' metrics of distribution 3 or of GitLab's registry (docs/registries.md, Delivery). Old versions of GitLab's
 * have no label `endpoint`: all endpoints are one then, without a name. `undefined` if the text is of no process of Go.
 */
export function readPrometheus(text: string): ProcessMetrics | undefined {
  const seen = new Map<string | undefined, Seen>()
  let startedAt: number | undefined
  let pendingOfAll = 0
  for (const { metric, labels, value } of samplesOf(
    text,
    (name) => name === START || NOTIFICATIONS.test(name),
  )) {
    if (metric === START) {
      startedAt = value
      continue
    }
    const [, kind = ''] = NOTIFICATIONS.exec(metric) ?? []
    // A version has names of endpoints at the events and none at what is pending.
    if (kind === 'pending' && labels.endpoint === undefined) {
      pendingOfAll += value
      continue
    }
    const one = seen.get(labels.endpoint) ?? fresh(labels.endpoint)
    seen.set(labels.endpoint, one)
    add(one, kind, labels, value)
  }
  if (startedAt === undefined && seen.size === 0) return undefined
  const all = [...seen.values()]
  if (all.length === 1 && all[0] && !all[0].hasPending) {
    all[0].counts.pending = pendingOfAll
    all[0].hasPending = true
  }
  return {
    endpoints: all.map(endpointOf),
    birth: startedAt === undefined ? {} : { startedAt },
    ...{ recentCollections: [], mayLackEndpoints: true },
  }
}

const fresh = (name: string | undefined): Seen => ({
  ...{ name, counts: { ...NO_COUNTS }, hasPending: false, countsGivenUp: false },
})

function add(one: Seen, kind: string, { type, delivery_type }: Record<string, string>, value: number): void {
  const { counts } = one
  if (kind === 'pending') {
    counts.pending += value
    one.hasPending = true
  } else if (kind === 'delivery') {
    one.countsGivenUp = true
    if (delivery_type === 'lost') counts.givenUp += value
  } else if (type === 'Events') counts.events += value
  else if (type === 'Successes') counts.successes += value
  else if (type === 'Dropped') {
    one.countsGivenUp = true
    counts.givenUp += value
  }
}

function endpointOf({ name, counts, hasPending, countsGivenUp }: Seen): Endpoint {
  const { events, successes } = counts
  const rest = Math.max(0, events - successes - counts.givenUp)
  // GitLab's gauge is not lowered for what is dropped.
  const pending = hasPending ? Math.min(counts.pending, rest) : rest
  const givenUp = countsGivenUp ? counts.givenUp : Math.max(0, events - successes - pending)
  return { name, counts: { events, successes, givenUp, pending } }
}

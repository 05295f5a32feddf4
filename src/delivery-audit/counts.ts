/** What a process of a registry counted of the notifications for one endpoint since its start. */
export interface Counts {
  /** Events that were put into its queue. */
  events: number
  /** Events that the endpoint answered with 2xx or 3xx: delivered, as the registry sees it. */
  successes: number
  /** Events that it dropped or gave up after its retries. Distribution gives up none. */
  givenUp: number
  /** Events in its queue, with the one that is being sent. */
  pending: number
}

/** An endpoint of a process. */
export interface Endpoint {
  /** Its name; `undefined` if the metrics tell all endpoints together. */
  name: string | undefined
  /** Where it sends to, if that is told. It may hold a secret: it is never shown. */
  url?: string
  counts: Counts
}

/** What tells one process from the one that follows it at the same address. */
export interface Birth {
  /** When it was started, epoch seconds. Only Prometheus' format tells it. */
  startedAt?: number
  /** Bytes that it ever allocated: they only grow. */
  allocated?: number
  /** Garbage collections since its start, and when the last one ended, epoch ns as far as a number is exact. */
  collections?: number
  lastCollection?: number
}

/** The metrics of one process at one moment. */
export interface ProcessMetrics {
  endpoints: Endpoint[]
  birth: Birth
  /** When its newest garbage collections ended, at most 256, in the form of `lastCollection`. */
  recentCollections: readonly number[]
  /** Whether an endpoint that is not there has counted nothing yet: Prometheus' format leaves out what was never counted. */
  mayLackEndpoints: boolean
}

export const NO_COUNTS: Counts = { events: 0, successes: 0, givenUp: 0, pending: 0 }

/** Events that have left the queue of a process: each was accepted by somebody, or given up. */
export const sentBy = ({ successes, givenUp }: Counts): number => successes + givenUp

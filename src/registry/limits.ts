import type { Rate } from './minimum-rate.ts'

/** How much a registry may answer, and how long it may take. A registry belongs to somebody else, so nothing is endless. */
export interface Limits {
  /** The time for a whole answer, headers and body, in ms. */
  answerMs: number
  /** The same for requests that walk or copy the registry's storage before they are answered: minutes on S3 or Swift. */
  longAnswerMs: number
  /** The longest wait that a registry may ask for, in ms, before a request fails and its job waits instead. */
  longestWaitMs: number
  /** Requests to one host that wait for their answer. The bodies of answers and uploads do not count. */
  requestsAtOnce: number
  /** A blob may take any time, but not be slower than this. */
  blobRate: Rate
  /** The most of one list: of the catalog, of a repository's tags, of a manifest's referrers. */
  list: ListLimits
}

export interface ListLimits {
  pages: number
  entries: number
  bytes: number
  ms: number
}

const MiB = 1024 * 1024

/** A million names of 60 characters take 63 MB. A catalog of 100,000 repositories on S3 takes minutes a page. */
export const LIMITS: Limits = {
  answerMs: 60_000,
  longAnswerMs: 300_000,
  longestWaitMs: 30_000,
  requestsAtOnce: 64,
  blobRate: { bytes: MiB, ms: 60_000 },
  list: { pages: 10_000, entries: 1_000_000, bytes: 128 * MiB, ms: 3_600_000 },
}

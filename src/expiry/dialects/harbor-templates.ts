import type { PolicyImage } from './dialect.ts'

const DAY_S = 86_400

/** An image as Harbor's retention sees it (src/pkg/retention/dep/client.go, GetCandidates). */
export interface Candidate {
  image: PolicyImage
  /** The latest push of the image or of one of its tags, in epoch µs; `null` if it is not known. */
  pushed: number | null
  /** epoch µs; -Infinity if it was never pulled. */
  pulled: number
}

export interface Template {
  /** The largest number that Harbor saves; `undefined` if Harbor does not check the number. */
  max?: number
  /** What it retains of what a rule selects in a repository. `now` is in epoch µs. */
  retain(candidates: Candidate[], n: number, now: number): Candidate[]
  /** Why it retains an image. */
  reason(n: number): string
}

/** Go's math.MaxInt16 - 1. */
const MAX_COUNT = 32_766
/** src/pkg/retention/policy/rule/dayspl/evaluator.go and daysps/evaluator.go. */
const MAX_DAYS = 20_190_904
/** What Harbor takes for a number that it does not check and cannot use. */
export const DEFAULT_NUMBER = 10

export const candidateOf = (image: PolicyImage): Candidate => {
  const times = [image.pushedAt, ...image.tags.map(({ taggedAt }) => taggedAt)].filter(
    (time) => time !== null,
  )
  return {
    image,
    pushed: times.length === 0 ? null : Math.max(...times),
    pulled: image.pulledAt ?? Number.NEGATIVE_INFINITY,
  }
}

const active = ({ pushed, pulled }: Candidate) => pushed && Math.max(pushed, pulled)

/** By the names that Harbor registers (src/pkg/retention/policy/rule/index/index.go). */
export const TEMPLATES: Readonly<Record<string, Template>> = {
  always: { retain: (candidates) => candidates, reason: () => 'always' },
  latestPushedK: {
    max: MAX_COUNT,
    retain: (candidates, n) => latest(candidates, n, ({ pushed }) => pushed),
    reason: (n) => `it is among the ${n} most recently pushed`,
  },
  latestPulledN: {
    max: MAX_COUNT,
    retain: (candidates, n) => latest(candidates, n, ({ pulled }) => pulled),
    reason: (n) => `it is among the ${n} most recently pulled`,
  },
  latestActiveK: {
    retain: (candidates, n) => latest(candidates, n, active),
    reason: (n) => `it is among the ${n} most recently pushed or pulled`,
  },
  nDaysSinceLastPush: {
    max: MAX_DAYS,
    retain: (candidates, n, now) =>
      candidates.filter(({ pushed }) => pushed === null || seconds(pushed) >= seconds(now) - n * DAY_S),
    reason: (n) => `it was pushed within ${n} days`,
  },
  nDaysSinceLastPull: {
    max: MAX_DAYS,
    retain: (candidates, n, now) =>
      candidates.filter(({ pulled }) => seconds(pulled) >= seconds(now) - n * DAY_S),
    reason: (n) => `it was pulled within ${n} days`,
  },
  lastXDays: {
    // Here Harbor compares seconds with a time that has fractions.
    retain: (candidates, n, now) =>
      candidates.filter(({ pushed }) => pushed === null || seconds(pushed) > now / 1e6 - n * DAY_S),
    reason: (n) => `it was pushed less than ${n} days ago`,
  },
}

/** Harbor keeps whole seconds. */
const seconds = (time: number) => Math.floor(time / 1e6)

/**
 * The `n` latest, and beside them those of unknown time. Harbor leaves open which of two images of one time comes first.
 * Here it is the one that was pushed later, and then the one with the smaller digest.
 */
function latest(candidates: Candidate[], n: number, timeOf: (candidate: Candidate) => number | null) {
  const known = candidates.filter((candidate) => timeOf(candidate) !== null)
  const order = (a: Candidate, b: Candidate) =>
    descending(timeOf(a) ?? 0, timeOf(b) ?? 0) ||
    descending(a.pushed ?? Number.POSITIVE_INFINITY, b.pushed ?? Number.POSITIVE_INFINITY) ||
    descending(b.image.digest, a.image.digest)
  return [...candidates.filter((candidate) => timeOf(candidate) === null), ...known.sort(order).slice(0, n)]
}

const descending = <T>(a: T, b: T): number => (a === b ? 0 : a > b ? -1 : 1)

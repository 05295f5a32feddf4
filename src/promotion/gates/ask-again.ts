/** How long to wait after a question that got no answer, in ms. */
export const NO_ANSWER_MS = 60_000

/** The longest that a registry may ask to wait, and the longest between two looks at a gate, in ms. */
const LONGEST_MS = 3_600_000

/** How long a gate waits for an event at first before it is asked again, in ms: registries lose events. */
const EVENT_MS = 300_000

/**
 * How long a gate that has waited for `waited` ms waits for an event before it is asked again, in ms. The longer it has waited, the
 * rarer: some thousand promotions that wait for days, each asked every five minutes, keep the worker busy all the time.
 */
export const waitForEvent = (waited: number): number => Math.min(Math.max(waited / 10, EVENT_MS), LONGEST_MS)

/** For how long to wait after a registry asked for `asked` ms, if it did: at least `least`, and an hour at most. */
export const waitAsAsked = (asked: number | undefined, least: number): number =>
  Math.min(Math.max(asked ?? 0, least), LONGEST_MS)

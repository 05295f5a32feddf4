/** How long a gate waits for an event before it is asked again, in ms: registries lose events. */
export const EVENT_MS = 300_000

/** How long to wait after a question that got no answer, in ms. */
export const NO_ANSWER_MS = 60_000

/** The longest that a registry may ask to wait, in ms. */
const LONGEST_MS = 3_600_000

/** For how long to wait after a registry asked for `asked` ms, if it did: at least `least`, and an hour at most. */
export const waitAsAsked = (asked: number | undefined, least: number): number =>
  Math.min(Math.max(asked ?? 0, least), LONGEST_MS)

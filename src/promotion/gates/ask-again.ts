/** How long a gate waits for an event before it is asked again, in ms: registries lose events. */
export const EVENT_MS = 300_000

/** How long to wait after a question that got no answer, in ms. */
export const NO_ANSWER_MS = 60_000

/** What a collection does, one after the other. From `close` to `open` pushes wait; with many blobs, these come again. */
export const STEPS = [
  ...(['first-survey', 'second-survey', 'choose', 'copy'] as const),
  ...(['close', 'look', 'take', 'look-again', 'open', 'look-after'] as const),
] as const
export type Step = (typeof STEPS)[number]

/** Called before each step. What it throws ends the collection. */
export type Told = (step: Step) => Promise<void>

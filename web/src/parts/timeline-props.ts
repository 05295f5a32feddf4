type Values = readonly (number | null)[]

export interface TimelineLine {
  label: string
  /** The custom property of a colour, such as `--series-1`. */
  colour: string
  /** One for each time; null where there is none. */
  values: Values
  isDashed?: boolean
  isFilled?: boolean
}

export interface TimelineMark {
  /** epoch s */
  at: number
  text: string
}

export interface TimelineProps {
  /** What it shows, for those who do not see it: one sentence. */
  label: string
  /** epoch s, in order. */
  times: readonly number[]
  lines: readonly TimelineLine[]
  /** Between what values most likely are. */
  band?: { label: string; colour: string; low: Values; high: Values } | undefined
  /** Moments that explain a step. */
  marks?: readonly TimelineMark[]
  /** CSS pixels. */
  height?: number
  format?: (value: number) => string
}

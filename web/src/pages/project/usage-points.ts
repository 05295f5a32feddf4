/** A sample of a history, as the API tells it. */
export interface Sample {
  at: string
  uniqueBytes: number
}

/** A forecast: what there is now and what there will be, as the API tells it. */
export interface Ahead {
  until: string
  bytesThen: { low: number; middle: number; high: number } | null
}

export interface UsagePoints {
  /** epoch s */
  times: number[]
  used: (number | null)[]
  expected: (number | null)[]
  low: (number | null)[]
  high: (number | null)[]
}

/**
 * The points of the line of a project: what it used, what it uses now, and from there to what it will most likely use. `now`: epoch
 * ms. Samples from after now are left out: clocks differ.
 */
export function usagePoints(
  samples: readonly Sample[],
  now: number,
  nowBytes: number,
  ahead?: Ahead,
): UsagePoints {
  const past = samples
    .map(({ at, uniqueBytes }) => ({ at: Date.parse(at), uniqueBytes }))
    .filter(({ at }) => at < now)
  const then = ahead?.bytesThen ?? undefined
  const none = past.map(() => null)
  const after = then === undefined ? [] : [null]
  const line = (value: number | undefined) => [...none, ...(value === undefined ? [null] : [nowBytes, value])]
  return {
    times: [...past.map(({ at }) => at), now, ...(then ? [Date.parse(ahead?.until ?? '')] : [])].map((at) =>
      Math.round(at / 1000),
    ),
    used: [...past.map(({ uniqueBytes }) => uniqueBytes), nowBytes, ...after],
    ...{ expected: line(then?.middle), low: line(then?.low), high: line(then?.high) },
  }
}

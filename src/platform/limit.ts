export type Limit = <T>(work: () => Promise<T>) => Promise<T>

/** At most `most` things at a time; the others wait their turn. */
export function makeLimit(most: number): Limit {
  const waiting: (() => void)[] = []
  let free = most
  return async (work) => {
    if (free > 0) free--
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) free++
      else next()
    }
  }
}

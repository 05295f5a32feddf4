/** Runs a work once one of the slots is free. */
export type InSlot = <T>(work: () => Promise<T>) => Promise<T>

/** Lets `count` works run at a time. The others wait, and begin in the order in which they came. */
export function makeSlots(count: number): InSlot {
  const waiting: (() => void)[] = []
  let free = count
  return async (work) => {
    if (free > 0) free -= 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) free += 1
      else next()
    }
  }
}

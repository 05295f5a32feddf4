/**
 * Sizes that several sources tell, each with the number of its sources. Nearly always they all tell the same, so only
 * other sizes have a map.
 */
export interface SizeCounts {
  base: number
  /** How many tell `base`. */
  count: number
  others: Map<number, number> | undefined
}

export const countsOf = (base: number, count: number): SizeCounts => ({ base, count, others: undefined })

export function addSize(counts: SizeCounts, size: number): void {
  if (counts.count === 0 && counts.others === undefined) counts.base = size
  if (size === counts.base) {
    counts.count += 1
    return
  }
  counts.others ??= new Map()
  counts.others.set(size, (counts.others.get(size) ?? 0) + 1)
}

/** Does nothing if no source tells the size. */
export function removeSize(counts: SizeCounts, size: number): void {
  if (size === counts.base) {
    counts.count = Math.max(0, counts.count - 1)
    return
  }
  const left = (counts.others?.get(size) ?? 0) - 1
  if (left > 0) counts.others?.set(size, left)
  else counts.others?.delete(size)
  if (counts.others?.size === 0) counts.others = undefined
}

/** The largest size; -1 if there is none. */
export function largestSize({ base, count, others }: SizeCounts): number {
  let largest = count > 0 ? base : -1
  for (const size of others?.keys() ?? []) if (size > largest) largest = size
  return largest
}

/** Whether an image meets one condition of a rule. */
export interface Finding {
  /** `undefined`: it is not known. Then no rule expires the image for it, and a rule that would keep it keeps it. */
  holds: boolean | undefined
  /** Half a sentence about the image: `it is 3 days old, not over 14 days`. */
  because: string
}

/** µs for people to read, rounded down: `3 days`, `2 hours`, `5 seconds`. */
export function span(us: number): string {
  const units = [
    [86_400e6, 'day'],
    [3_600e6, 'hour'],
    [60e6, 'minute'],
  ] as const
  const [unit, name] = units.find(([size]) => us >= size) ?? [1e6, 'second']
  const count = Math.floor(us / unit)
  return `${count} ${name}${count === 1 ? '' : 's'}`
}

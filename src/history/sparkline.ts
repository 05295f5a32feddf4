const BLOCKS = '▁▂▃▄▅▆▇█'

/**
 * Draws values as a row of block characters: the lowest value is the lowest block, the highest the highest. Equal values are
 * a flat line. A value that is missing (`undefined`) is a space.
 */
export function sparkline(values: readonly (number | undefined)[]): string {
  const known = values.filter((value) => value !== undefined)
  const lowest = known.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY)
  const range = known.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY) - lowest
  return values
    .map((value) => {
      if (value === undefined) return ' '
      const share = range > 0 ? (value - lowest) / range : 0
      return BLOCKS[Math.round(share * (BLOCKS.length - 1))]
    })
    .join('')
}

/** Rows as lines with their columns one under the other; numbers stand on the right. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const width = (i: number) => Math.max(...[head, ...rows].map((row) => String(row[i] ?? '').length))
  const widths = head.map((_, i) => width(i))
  const line = (cells: readonly (string | number)[]) =>
    cells
      .map((cell, i) =>
        typeof cell === 'number' ? String(cell).padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0),
      )
      .join('  ')
      .trimEnd()
  return [head, ...rows].map(line)
}

/** A head and rows as lines with aligned columns, numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => String(row[column] ?? '').length)))
  const align = (cell: string | number, width = 0) =>
    typeof cell === 'number' ? String(cell).padStart(width) : cell.padEnd(width)
  return all.map((row) =>
    row
      .map((cell, column) => align(cell, widths[column]))
      .join('  ')
      .trimEnd(),
  )
}

/** A table in Markdown, a line for each row. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] => [
  line(head),
  `|${head.map(() => '---|').join('')}`,
  ...rows.map((row) => line(row.map(cell))),
]

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

/** A bar would end the cell, and so would a new line. Outside of code, `<` and `*` are marks. */
const cell = (text: string): string =>
  text
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith('`') ? part : part.replaceAll(/[<*]/g, '\\$&')))
    .join('')
    .replaceAll('|', '\\|')
    .replaceAll(/\s*\n\s*/g, ' ')

import { printable, printableJson } from '../platform/printable.ts'
import { formatSize } from '../platform/units.ts'

/** A text, or a number or `right` text that is aligned to the right. */
export type Cell = string | number | { right: string }

/** A head and rows as lines with aligned columns; no lines without rows. Text from outside is escaped. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string[] {
  const [first] = rows
  if (first === undefined) return []
  const heads = head.map((name, column) => (typeof first[column] === 'string' ? name : { right: name }))
  return align([heads, ...rows])
}

/** Names and their values, one pair a line. */
export const fields = (rows: readonly (readonly [name: string, value: string | number])[]): string[] =>
  align(rows.map(([name, value]) => [name, String(value)]))

/** A value that only JSON can show whole. */
export const linesOfJson = (value: unknown): string[] => printableJson(value).split('\n')

/** Bytes for people; `none` stands for null. */
export const sizeCell = (bytes: number | null): Cell => ({
  right: bytes === null ? 'none' : formatSize(bytes),
})

/** The first tags of an image, and how many more it has. */
export const tagsCell = (tags: readonly string[]): string =>
  tags.length > 3 ? `${tags.slice(0, 3).join(', ')} and ${tags.length - 3} more` : tags.join(', ')

/** The tags of an image that goes, or only those that go, if the image stays for others. */
export const goingTagsCell = ({
  tags,
  untag,
}: {
  tags: readonly string[]
  untag?: readonly string[]
}): string => (untag === undefined ? tagsCell(tags) || 'none' : `only ${tagsCell(untag)}`)

function align(rows: readonly (readonly Cell[])[]): string[] {
  const texts = rows.map((row) => row.map(textOf))
  const widths = rows[0]?.map((_, column) => Math.max(...texts.map((row) => (row[column] ?? '').length)))
  return rows.map((row, i) =>
    row
      .map((cell, column) => {
        const [text = '', width = 0] = [texts[i]?.[column], widths?.[column]]
        return typeof cell === 'string' ? text.padEnd(width) : text.padStart(width)
      })
      .join('  ')
      .trimEnd(),
  )
}

const textOf = (cell: Cell): string => printable(typeof cell === 'object' ? cell.right : String(cell))

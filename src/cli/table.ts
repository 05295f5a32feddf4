import stringWidth from 'string-width'
import { printable, printableJson } from '../platform/printable.ts'
import { formatSize } from '../platform/units.ts'
import type { Line, Part } from './output/line.ts'

/** A text, a number or `right` text that is aligned to the right, or a `word` that may have a colour. */
export type Cell = string | number | { right: string } | { word: string }

/**
 * A head and rows as lines with aligned columns; no lines without rows. Text from outside is escaped. Lines are as long as
 * they need to be: a terminal wraps them, and nothing that somebody wants to copy is cut off.
 */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): Line[] {
  const [first] = rows
  if (first === undefined) return []
  const heads = head.map((name, column) => (isRight(first[column] ?? '') ? { right: name } : name))
  return align([heads, ...rows])
}

/** Names and their values, one pair a line. */
export const fields = (
  rows: readonly (readonly [name: string, value: string | number | { word: string }])[],
): Line[] => align(rows.map(([name, value]) => [name, typeof value === 'number' ? String(value) : value]))

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

const isRight = (cell: Cell): boolean =>
  typeof cell === 'number' || (typeof cell === 'object' && 'right' in cell)

function align(rows: readonly (readonly Cell[])[]): Line[] {
  const texts = rows.map((row) => row.map(textOf))
  const widths: number[] = []
  for (const row of texts)
    for (const [column, text] of row.entries())
      widths[column] = Math.max(widths[column] ?? 0, stringWidth(text))
  return rows.map((row, i) => {
    const parts = row.flatMap((cell, column): Part[] => {
      const text = texts[i]?.[column] ?? ''
      const space = ' '.repeat((widths[column] ?? 0) - stringWidth(text))
      const shown = typeof cell === 'object' && 'word' in cell ? { word: text } : text
      const padded = isRight(cell) ? [space, shown] : [shown, column === row.length - 1 ? '' : space]
      return column === 0 ? padded : ['  ', ...padded]
    })
    if (parts.every((part) => typeof part === 'string')) return parts.join('').trimEnd()
    return parts.slice(0, parts.findLastIndex((part) => typeof part === 'object' || part.trim() !== '') + 1)
  })
}

function textOf(cell: Cell): string {
  if (typeof cell !== 'object') return printable(String(cell))
  return printable('word' in cell ? cell.word : cell.right)
}

import { styleText } from 'node:util'
import { printable } from '../../platform/printable.ts'

/** A part of a line. A word that has a colour is shown in it. */
export type Part = string | { word: string }

/** A line of a table or a text, or its parts. Text from outside needs no escaping before. */
export type Line = string | readonly Part[]

/** States, flags, verdicts and outcomes that have a colour. Others are shown without one. */
const COLOURS: Record<string, 'green' | 'yellow' | 'red'> = {
  ...{ ok: 'green', keep: 'green', accepted: 'green', promoted: 'green', deleted: 'green', done: 'green' },
  ...{ warning: 'yellow', untag: 'yellow', waiting: 'yellow', stopped: 'yellow', moved: 'yellow' },
  ...{ over: 'red', delete: 'red', expire: 'red', failed: 'red', refused: 'red', 'given up': 'red' },
  ...{ FAILED: 'red', ERROR: 'red' },
}

/** A line as it is printed, with text from outside escaped. */
export const textOf = (line: Line, hasColours: boolean): string =>
  typeof line === 'string' ? printable(line) : line.map((part) => textOfPart(part, hasColours)).join('')

function textOfPart(part: Part, hasColours: boolean): string {
  if (typeof part === 'string') return printable(part)
  const colour = hasColours && Object.hasOwn(COLOURS, part.word) ? COLOURS[part.word] : undefined
  const text = printable(part.word)
  return colour === undefined ? text : styleText(colour, text, { validateStream: false })
}

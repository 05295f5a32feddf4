import { printable } from '../platform/printable.ts'
import type { Terminal } from './terminal.ts'

/** Time between two lines about progress where no terminal shows one that changes, in ms. */
const LINE_MS = 15_000

/** Tells on standard error how far long work is: in a line that changes, or, if it is no terminal, in a line now and then. */
export interface StatusLine {
  /** Text from outside is escaped. */
  tell(text: string): void
  /** Takes the line away, so that something else can be printed. */
  clear(): void
}

export function makeStatusLine(
  { err, errColumns }: Pick<Terminal, 'err' | 'errColumns'>,
  { isQuiet, now = Date.now }: { isQuiet: () => boolean; now?: () => number },
): StatusLine {
  let shown = ''
  let toldAt = Number.NEGATIVE_INFINITY
  return {
    tell(text) {
      if (isQuiet() || text === shown) return
      if (errColumns !== undefined) err(`\r${printable(text).slice(0, Math.max(1, errColumns - 1))}\u001b[K`)
      else if (now() - toldAt >= LINE_MS) {
        err(`${printable(text)}\n`)
        toldAt = now()
      } else return
      shown = text
    },
    clear() {
      if (errColumns !== undefined && shown !== '') err('\r\u001b[K')
      if (errColumns !== undefined) shown = ''
    },
  }
}

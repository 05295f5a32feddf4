/**
 * Whether the arrays and objects in a JSON text are nested more than `levels` deep. It scans the text, because JSON.parse
 * takes over a second for 10 MiB of opening brackets, and JSON.stringify fails on values some thousands deep. The scan is
 * linear, about 1 ms a MiB. A text too short to be valid and that deep is not scanned.
 */
export function isNestedDeeper(text: string, levels: number): boolean {
  if (text.length <= 2 * levels) return false
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = endOfString(text, at)
    else if (code === BRACKET || code === BRACE) {
      depth++
      if (depth > levels) return true
    } else if (code === BRACKET_END || code === BRACE_END) depth--
  }
  return false
}

const [QUOTE, BACKSLASH, BRACKET, BRACKET_END, BRACE, BRACE_END] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d]

/** The end of the string that begins at `start`: its closing quote, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) return at
    if (code === BACKSLASH) at++
  }
  return text.length
}

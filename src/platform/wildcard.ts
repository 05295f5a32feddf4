/**
 * A pattern over any text, as of user agents: `*` is any run of characters, slashes among them, and nothing else is
 * special, for such text is full of brackets. Upper and lower case are the same. Takes time linear in the text, which
 * strangers write.
 */
export function makeWildcard(pattern: string): (text: string) => boolean {
  const [head = '', ...rest] = pattern.toLowerCase().split('*')
  const tail = rest.pop()
  return (text) => {
    const whole = text.toLowerCase()
    if (tail === undefined) return whole === head
    if (!whole.startsWith(head)) return false
    let from = head.length
    for (const part of rest) {
      const found = whole.indexOf(part, from)
      if (found < 0) return false
      from = found + part.length
    }
    return whole.length - tail.length >= from && whole.endsWith(tail)
  }
}

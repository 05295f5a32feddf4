/**
 * A pattern over any text, such as a user agent. `*` matches any characters, also slashes; nothing else is special, since
 * such texts are full of brackets. Case does not matter. Matching takes time linear in the text, which comes from outside.
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

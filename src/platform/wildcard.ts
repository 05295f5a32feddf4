/**
 * A pattern over any text, such as a tag or a user agent. `*` matches any characters, also slashes; nothing else is special,
 * since such texts may be full of brackets. Matching takes time linear in the text, which comes from outside.
 */
export function makeWildcard(pattern: string): (text: string) => boolean {
  const [head = '', ...rest] = pattern.split('*')
  const tail = rest.pop()
  return (text) => {
    if (tail === undefined) return text === head
    if (!text.startsWith(head)) return false
    let from = head.length
    for (const part of rest) {
      const found = text.indexOf(part, from)
      if (found < 0) return false
      from = found + part.length
    }
    return text.length - tail.length >= from && text.endsWith(tail)
  }
}

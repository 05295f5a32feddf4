/** An RE2 expression that matches nothing. */
export const NOTHING = '[^\\x00-\\x{10FFFF}]'
const SLASH = 0x2f

/** A character of a pattern, as an RE2 expression. A slash here is an escaped one, and no segment of a name has that. */
export const literal = (character: string): string =>
  character === '/' ? NOTHING : codePoint(character.codePointAt(0) ?? 0)

/**
 * A character class, as an RE2 expression. `[^]` matches any character; a range that runs backwards matches none.
 * @throws SyntaxError
 */
export function classOf(characters: string[]): string {
  if (characters.length === 0) throw new SyntaxError('"[]" is empty')
  const isNegated = characters[0] === '^'
  const rest = characters.slice(isNegated ? 1 : 0)
  const next = (): number => {
    const character = rest.shift()
    const escaped = character === '\\' ? rest.shift() : character
    if (escaped === undefined || character === '-') throw new SyntaxError('a "[" has a wrong range')
    return escaped.codePointAt(0) ?? 0
  }
  let ranges = ''
  while (rest.length > 0) {
    const low = next()
    const isRange = rest[0] === '-'
    if (isRange) rest.shift()
    ranges += range(low, isRange ? next() : low)
  }
  if (isNegated) return `[^/${ranges}]`
  return ranges === '' ? NOTHING : `[${ranges}]`
}

/** A range of a class, without the slash. */
function range(low: number, high: number): string {
  if (low <= SLASH && SLASH <= high) return range(low, SLASH - 1) + range(SLASH + 1, high)
  return low > high ? '' : `${codePoint(low)}-${codePoint(high)}`
}

const codePoint = (code: number) => `\\x{${code.toString(16)}}`

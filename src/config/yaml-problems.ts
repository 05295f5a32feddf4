import { type Document, isAlias, isMap, isNode, isScalar, visit, type YAMLMap } from 'yaml'

/** What is wrong with a YAML text, and where: the offset of a character. */
export interface YamlProblem {
  offset: number
  message: string
}

/** Aliases (`*name`) of one file. To find the anchor of each, the parser goes through the whole file. */
const MOST_ALIASES = 100

/** Why a value that begins so needs quotes. */
const NEEDS_QUOTES = new Map([
  ['*', 'without them, * begins an alias in YAML'],
  ['&', 'without them, & begins an anchor in YAML'],
  ['!', 'without them, ! begins a tag in YAML'],
  ['@', 'YAML reserves @ at the beginning'],
  ['`', 'YAML reserves ` at the beginning'],
  ['%', 'YAML reserves % at the beginning'],
])

const PLAIN_WORDS = new Map<string, string>([
  ['TAB_AS_INDENT', 'a tab is not allowed as indentation: use spaces'],
  ['MULTIPLE_DOCS', 'a line --- begins a second document; one is expected'],
  ['BLOCK_AS_IMPLICIT_KEY', 'expected quotes around a value that has a colon and a space'],
])

/**
 * What is wrong, in plain words. The document must be parsed with `uniqueKeys: false`: the parser takes minutes to compare
 * 20,000 keys. No message quotes a value, which may be a secret. Each place has one problem, since the parser may report a
 * cause and its effect.
 */
export function yamlProblems(document: Document.Parsed, text: string): YamlProblem[] {
  const found = [...document.errors, ...document.warnings].map(({ code, pos: [offset], message }) => {
    const unquoted = NEEDS_QUOTES.has(text[offset] ?? '') ? quotesAt(text, offset) : undefined
    // After a colon or a backslash, the parser's message quotes the file: in `password: !hunter2` that is a password.
    return { offset, message: PLAIN_WORDS.get(code) ?? unquoted ?? message.replace(/[:\\].*/s, '').trim() }
  })
  const byOffset = new Map<number, YamlProblem>()
  for (const problem of [...found, ...problemsOfNodes(document, text)])
    if (!byOffset.has(problem.offset)) byOffset.set(problem.offset, problem)
  return [...byOffset.values()].map(({ offset, message }) => ({ offset, message: `YAML: ${message}` }))
}

const quotesAt = (text: string, offset: number): string =>
  `expected quotes around this value: ${NEEDS_QUOTES.get(text[offset] ?? '')}`

/** Keys that are there twice, aliases of an anchor that does not come before them, too many aliases, anchors of nothing. */
function problemsOfNodes(document: Document, text: string): YamlProblem[] {
  const anchors = new Set<string>()
  const problems: YamlProblem[] = []
  let aliases = 0
  visit(document, (_key, node) => {
    if (isAlias(node)) {
      const offset = node.range?.[0] ?? 0
      aliases++
      if (!anchors.has(node.source)) problems.push({ offset, message: quotesAt(text, offset) })
      if (aliases <= MOST_ALIASES) return undefined
      problems.push({ offset, message: `more than ${MOST_ALIASES} aliases (*name)` })
      return visit.BREAK
    }
    if (isMap(node)) problems.push(...duplicateKeys(node))
    if (isNode(node) && node.anchor !== undefined) {
      anchors.add(node.anchor)
      // A password may begin with &.
      const offset = text.lastIndexOf('&', node.range?.[0])
      if (isScalar(node) && node.value === null) problems.push({ offset, message: quotesAt(text, offset) })
    }
    return undefined
  })
  return problems
}

function* duplicateKeys({ items }: YAMLMap): Generator<YamlProblem> {
  const names = new Set<string>()
  for (const { key } of items) {
    if (!isScalar(key)) continue
    const name = String(key.value)
    if (names.has(name))
      yield { offset: key.range?.[0] ?? 0, message: `the key ${JSON.stringify(name)} is there twice` }
    names.add(name)
  }
}

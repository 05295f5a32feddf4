import { readFile } from 'node:fs/promises'
import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml'
import { ConfigError, type Location, type Problem } from './config-error.ts'
import { exampleFile } from './example-file.ts'
import { readError } from './read-error.ts'
import type { Path } from './walk.ts'

/** A configuration file that was read. */
export interface Source {
  /** The content, without keys whose value is null: a section in which everything is commented out counts as absent. */
  readonly value: unknown
  /** Where the file has the key or the list element at `path`; `undefined` if it has none. */
  locate(path: Path): Location | undefined
}

/** Reads a YAML file. @throws ConfigError if it cannot be read, is no valid YAML or has a key twice */
export async function readSource(file: string): Promise<Source> {
  const text = await readFile(file, 'utf8').catch((error) => {
    const hint = error.code === 'ENOENT' ? `. To get one: cp ${exampleFile()} ${file}` : ''
    const message = `cannot be read: ${readError(error)}${hint}`
    throw new ConfigError([{ location: { file }, key: '', message }])
  })
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const locationAt = (offset: number): Location => {
    const { line, col } = lines.linePos(offset)
    return { file, line, column: col }
  }
  const problems = syntaxErrors(document).map(
    ({ offset, message }): Problem => ({ location: locationAt(offset), key: '', message }),
  )
  if (problems.length > 0) throw new ConfigError(problems)
  return {
    value: document.toJS({ reviver: (_key, value) => value ?? undefined }) ?? {},
    locate(path) {
      const offset = findOffset(document, path)
      return offset === undefined ? undefined : locationAt(offset)
    },
  }
}

function syntaxErrors(document: Document.Parsed) {
  // After a colon or a backslash, the parser's message quotes the file: in `password: !hunter2` that is a password.
  const found = [...document.errors, ...document.warnings].map(({ pos, message }) => ({
    offset: pos[0],
    message: `YAML: ${message.replace(/[:\\].*/s, '').trim()}`,
  }))
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) === undefined) {
        found.push({ offset: alias.range?.[0] ?? 0, message: 'YAML: Unresolved alias' })
      }
    },
  })
  return found
}

function findOffset(document: Document, path: Path): number | undefined {
  const last = path.at(-1)
  const parent = document.getIn(path.slice(0, -1), true)
  if (isSeq(parent)) return offsetOf(parent.items[Number(last)])
  if (!isMap(parent)) return undefined
  return offsetOf(parent.items.find(({ key }) => isScalar(key) && String(key.value) === last)?.key)
}

function offsetOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined
}

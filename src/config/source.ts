import { readFile } from 'node:fs/promises'
import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml'
import { ConfigError, type Place, type Problem } from './config-error.ts'
import type { Path } from './walk.ts'

/** A configuration file as read. */
export interface Source {
  /** What it holds, without the keys whose value is null: a section with everything commented out counts as absent. */
  readonly value: unknown
  /** Where the key at `path`, or the list element, is written; undefined where it is not. */
  locate(path: Path): Place | undefined
}

/** Reads a YAML file. @throws ConfigError for a file that cannot be read, a syntax error or a duplicate key. */
export async function readSource(file: string): Promise<Source> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new ConfigError([{ place: { file }, key: '', message: `cannot be read (${error.code})` }])
  })
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { file, line, column: col }
  }
  const problems = syntaxErrors(document).map(
    ({ offset, message }): Problem => ({ place: place(offset), key: '', message }),
  )
  if (problems.length > 0) throw new ConfigError(problems)
  return {
    value: document.toJS({ reviver: (_key, value) => value ?? undefined }) ?? {},
    locate(path) {
      const offset = findOffset(document, path)
      return offset === undefined ? undefined : place(offset)
    },
  }
}

function syntaxErrors(document: Document.Parsed) {
  // What the parser quotes comes after a colon or a backslash, and may be part of a password: `password: !hunter2`.
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

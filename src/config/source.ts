import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import { readTextFile } from '../platform/read-text-file.ts'
import { ConfigError, type Location, type Problem } from './config-error.ts'
import { exampleFile } from './example-file.ts'
import { readError } from './read-error.ts'
import type { Path } from './walk.ts'
import { yamlProblems } from './yaml-problems.ts'

/** A configuration file that was read. */
export interface Source {
  /** The content, without keys whose value is null: a section in which everything is commented out counts as absent. */
  readonly value: unknown
  /** Where the file has the key or the list element at `path`; `undefined` if it has none. */
  locate(path: Path): Location | undefined
  /** The value at `path`, with the keys whose value is null. */
  raw(path: Path): unknown
}

/** Bytes of a configuration. */
const LIMIT = 1024 * 1024

/** Reads a YAML file. @throws ConfigError if it cannot be read, is no valid YAML or has a key twice */
export async function readSource(file: string): Promise<Source> {
  const text = await readTextFile(file, LIMIT).catch((error) => {
    const hint = error.code === 'ENOENT' ? `. To get one: cp ${exampleFile()} ${file}` : ''
    throw wrong(file, `cannot be read: ${readError(error)}${hint}`)
  })
  try {
    return parse(text, file)
  } catch (error) {
    // The parser calls itself for each level, and throws a ReferenceError if aliases of aliases multiply.
    if (error instanceof RangeError)
      throw wrong(file, 'YAML: nested too deep, or an alias (*name) is inside of what it names')
    if (error instanceof ReferenceError)
      throw wrong(file, 'YAML: its aliases (*name) stand for too many values')
    throw error
  }
}

const wrong = (file: string, message: string) => new ConfigError([{ location: { file }, key: '', message }])

function parse(text: string, file: string): Source {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false })
  const locationAt = (offset: number): Location => {
    const { line, col } = lines.linePos(offset)
    return { file, line, column: col }
  }
  const problems = yamlProblems(document, text).map(
    ({ offset, message }): Problem => ({ location: locationAt(offset), key: '', message }),
  )
  if (problems.length > 0) throw new ConfigError(problems)
  return {
    value: document.toJS({ reviver: (_key, value) => value ?? undefined }) ?? {},
    locate(path) {
      const offset = findOffset(document, path)
      return offset === undefined ? undefined : locationAt(offset)
    },
    raw: (path) => path.reduce<unknown>((value, key) => Object(value)[key], document.toJS()),
  }
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

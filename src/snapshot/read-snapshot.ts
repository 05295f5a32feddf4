import { createHash } from 'node:crypto'
import { pipeline, type Readable } from 'node:stream'
import { createZstdDecompress } from 'node:zlib'
import type { ObjectStore } from '../store/object-store.ts'
import type { StandingFact } from '../usage/fact.ts'
import { decodeFactLine } from './fact-line.ts'
import { type SettingLine, settingLine } from './settings.ts'
import { SnapshotError } from './snapshot-error.ts'
import * as format from './snapshot-format.ts'

/** Registries, their months and settings come first; a project comes before its facts. */
export type SnapshotEntry =
  | { registry: format.RegistryLine }
  | { month: format.MonthLine }
  | { setting: SettingLine }
  | { project: format.ProjectLine }
  | { fact: StandingFact }

/**
 * Yields the entries of a snapshot and returns its trailer. Do not trust the entries before the generator has returned:
 * only then the snapshot is known to be whole and unchanged.
 * @throws SnapshotError that names the key and the line; errors of the store.
 */
export async function* readSnapshot(
  store: Pick<ObjectStore, 'read'>,
  key: string,
): AsyncGenerator<SnapshotEntry, format.Trailer> {
  const stored = await store.read(key)
  if (stored === undefined) throw new SnapshotError(`there is no snapshot ${key}`)
  const hash = createHash('sha256')
  const count = { projects: 0, facts: 0 }
  let lineNumber = 0
  let trailer: format.Trailer | undefined
  const errorHere = (problem: string) => new SnapshotError(`${key}, line ${lineNumber}: ${problem}`)

  for await (const line of lines(stored, key)) {
    lineNumber += 1
    if (trailer !== undefined) throw errorHere('expected nothing after the trailer')
    const value = parse(line)
    if (format.trailer.Check(value) && lineNumber > 1) {
      trailer = value
      continue
    }
    hash.update(line).update('\n')
    if (lineNumber === 1) checkHeader(value, errorHere)
    else if (format.registryLine.Check(value)) yield { registry: value }
    else if (settingLine.Check(value)) yield { setting: value }
    else if (format.monthLine.Check(value)) yield { month: value }
    else if (format.projectLine.Check(value)) {
      count.projects += 1
      yield { project: value }
    } else {
      const fact = decodeFactLine(value)
      if (fact === undefined || count.projects === 0)
        throw errorHere(`expected ${count.projects === 0 ? 'a project' : 'a fact, a project or the trailer'}`)
      count.facts += 1
      yield { fact }
    }
  }

  if (trailer === undefined) throw errorHere('the snapshot was cut off: it ends here, without a trailer')
  if (trailer.projects !== count.projects || trailer.facts !== count.facts)
    throw errorHere(
      `the trailer counts ${trailer.projects} projects and ${trailer.facts} facts, ` +
        `but ${count.projects} and ${count.facts} came before it`,
    )
  if (trailer.sha256 !== hash.digest('hex'))
    throw errorHere('wrong checksum: the snapshot was changed or damaged')
  return trailer
}

function checkHeader(value: unknown, errorHere: (problem: string) => SnapshotError): void {
  const { SNAPSHOT_FORMAT, SNAPSHOT_VERSION } = format
  if (!format.anyHeader.Check(value))
    throw errorHere(`expected the header of a "${SNAPSHOT_FORMAT}" snapshot`)
  if (value.version !== SNAPSHOT_VERSION)
    throw errorHere(
      `the snapshot has version ${value.version}, and this Tallyman reads version ${SNAPSHOT_VERSION}`,
    )
  if (!format.header.Check(value)) throw errorHere(`expected a header of version ${SNAPSHOT_VERSION}`)
}

function parse(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString())
  } catch {
    return undefined
  }
}

/** The most bytes of a line: the longest has a month of a registry. Without a limit, a few kB could become all memory there is. */
const LONGEST = 64 * 1024 * 1024

/** Decompresses `stored` and yields its lines, without their newlines. */
async function* lines(stored: Readable, key: string): AsyncGenerator<Buffer> {
  const decompress = createZstdDecompress()
  // If one stream fails, `pipeline` destroys the other; the loop below throws the error.
  pipeline(stored, decompress, () => {})
  let rest: Buffer[] = []
  let restBytes = 0
  try {
    for await (const chunk of decompress) {
      const bytes = Buffer.from(chunk)
      let start = 0
      for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
        yield Buffer.concat([...rest, bytes.subarray(start, end)])
        rest = []
        restBytes = 0
        start = end + 1
      }
      if (start < bytes.length) rest.push(bytes.subarray(start))
      restBytes += bytes.length - start
      if (restBytes > LONGEST) throw new SnapshotError(`${key}: a line has more than ${LONGEST} bytes`)
    }
  } catch (error) {
    // These codes are of zlib. Any other error is of the store, and trying again may help.
    if (error instanceof Error && 'code' in error && /^Z(STD)?_/.test(String(error.code)))
      throw new SnapshotError(`${key}: cut off or damaged (${error.message})`, { cause: error })
    throw error
  }
  if (rest.length > 0) yield Buffer.concat(rest)
}

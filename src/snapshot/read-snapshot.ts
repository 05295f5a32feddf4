import { createHash } from 'node:crypto'
import { pipeline, type Readable } from 'node:stream'
import { createZstdDecompress } from 'node:zlib'
import type { ObjectStore } from '../store/object-store.ts'
import type { StandingFact } from '../usage/fact.ts'
import { decodeFactLine } from './fact-line.ts'
import { SnapshotError } from './snapshot-error.ts'
import * as format from './snapshot-format.ts'

/** A project, then its facts. */
export type SnapshotEntry = { project: format.ProjectLine } | { fact: StandingFact }

/**
 * What a snapshot holds, as a stream that returns the trailer. Only a stream that came to its end was whole and as
 * written: what came out of any other means nothing. It throws what the store throws, or a
 * SnapshotError that names the key and, where there is one, the line.
 */
export async function* readSnapshot(
  store: ObjectStore,
  key: string,
): AsyncGenerator<SnapshotEntry, format.Trailer> {
  const stored = await store.read(key)
  if (stored === undefined) throw new SnapshotError(`there is no snapshot ${key}`)
  const hash = createHash('sha256')
  const count = { projects: 0, facts: 0 }
  let number = 0
  let trailer: format.Trailer | undefined
  const wrong = (what: string) => new SnapshotError(`${key}, line ${number}: ${what}`)

  for await (const line of lines(stored, key)) {
    number += 1
    if (trailer !== undefined) throw wrong('expected nothing after the trailer')
    const value = parse(line)
    if (format.trailer.Check(value) && number > 1) {
      trailer = value
      continue
    }
    hash.update(line).update('\n')
    if (number === 1) checkHeader(value, wrong)
    else if (format.projectLine.Check(value)) {
      count.projects += 1
      yield { project: value }
    } else {
      const fact = decodeFactLine(value)
      if (fact === undefined || count.projects === 0)
        throw wrong(`expected ${count.projects === 0 ? 'a project' : 'a fact, a project or the trailer'}`)
      count.facts += 1
      yield { fact }
    }
  }

  if (trailer === undefined) throw wrong('the snapshot ends here, before its trailer: it was cut off')
  if (trailer.projects !== count.projects || trailer.facts !== count.facts)
    throw wrong(
      `the trailer counts ${trailer.projects} projects and ${trailer.facts} facts, ` +
        `but ${count.projects} and ${count.facts} came before it`,
    )
  if (trailer.sha256 !== hash.digest('hex'))
    throw wrong('wrong checksum: the snapshot was changed or damaged')
  return trailer
}

function checkHeader(value: unknown, wrong: (what: string) => SnapshotError): void {
  const { SNAPSHOT_FORMAT, SNAPSHOT_VERSION } = format
  if (!format.anyHeader.Check(value)) throw wrong(`expected the header of a "${SNAPSHOT_FORMAT}" snapshot`)
  if (value.version > SNAPSHOT_VERSION)
    throw wrong(
      `the snapshot is of version ${value.version}; this Tallyman reads up to ${SNAPSHOT_VERSION}: use a newer one`,
    )
  if (!format.header.Check(value)) throw wrong(`expected a header of version ${SNAPSHOT_VERSION}`)
}

function parse(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString())
  } catch {
    return undefined
  }
}

/** The decompressed lines, without their newlines. */
async function* lines(stored: Readable, key: string): AsyncGenerator<Buffer> {
  const decompress = createZstdDecompress()
  // Either one's failure destroys the other; `decompress` throws it.
  pipeline(stored, decompress, () => {})
  let rest: Buffer[] = []
  try {
    for await (const chunk of decompress) {
      const bytes = Buffer.from(chunk)
      let start = 0
      for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
        yield Buffer.concat([...rest, bytes.subarray(start, end)])
        rest = []
        start = end + 1
      }
      if (start < bytes.length) rest.push(bytes.subarray(start))
    }
  } catch (error) {
    // zlib's own codes; what else there is comes from the store and may be gone the next time.
    if (error instanceof Error && 'code' in error && /^Z(STD)?_/.test(String(error.code)))
      throw new SnapshotError(`${key}: cut off or damaged (${error.message})`, { cause: error })
    throw error
  }
  if (rest.length > 0) yield Buffer.concat(rest)
}

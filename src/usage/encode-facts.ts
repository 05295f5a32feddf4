import { rankOf } from './age.ts'
import { makeWriter } from './binary.ts'
import {
  ABSENT,
  ageOf,
  believableSize,
  type Fact,
  isSighting,
  keptActor,
  type ManifestReferences,
} from './fact.ts'
import { MEDIA_TYPES } from './media-types.ts'
import { packList } from './reference-list.ts'

const OPS = {
  push: 'P',
  pull: 'G',
  scan: 'S',
  link: 'L',
  delete: 'D',
  untag: 'U',
  drop: 'X',
} as const

/** A list of references costs a call as much as a fact for each of so many bytes; `scripts/records.lua` (charge). */
const LIST_BYTES_OF_WORK = 40

export interface EncodedFacts {
  bytes: Buffer
  /** Where each fact ends in `bytes`. */
  ends: number[]
  /** How much of a call's work each fact takes at least. */
  work: number[]
}

/**
 * Packs facts into one argument of `scripts/apply.lua`; the layout is in its header. (With nine arguments a fact,
 * ioredis took a fifth of the worker's time.)
 */
export function encodeFacts(facts: readonly Fact[]): EncodedFacts {
  const writer = makeWriter()
  const [ends, work]: [number[], number[]] = [[], []]
  for (const fact of facts) {
    writer.ascii(opOf(fact))
    writer.uint7(fact.at)
    const age = isSighting(fact) ? ageOf(fact) : undefined
    writer.uint(age ? rankOf(age.source) : NO_AGE, 1)
    writer.uint7(age?.at ?? fact.at)
    writer.uint('size' in fact ? sizeOf(fact) : 0, 6)
    writer.uint('mediaType' in fact ? mediaTypeCode(fact.mediaType) : 0, 1)
    writer.text(fact.repository, 2)
    const hash = 'digest' in fact ? fact.digest.slice(fact.digest.indexOf(':') + 1) : ''
    writer.uint(hash.length / 2, 1)
    writer.hex(hash)
    writer.text(('tag' in fact && fact.tag) || '', 1)
    writer.text('id' in fact ? fact.id : '', 1)
    writer.text('actor' in fact ? keptActor(fact.actor) : '', 1)
    const list = fact.kind === 'push' || fact.kind === 'present' ? listOf(fact) : NO_LIST
    writer.uint(list.length, 4)
    writer.bytes(list)
    ends.push(writer.written().length)
    work.push(1 + list.length / LIST_BYTES_OF_WORK)
  }
  return { bytes: writer.written(), ends, work }
}

/** The code of a source, if a fact tells no age. */
const NO_AGE = 255

const NO_LIST = Buffer.alloc(0)

const listOf = ({ references, extent = 'contents' }: ManifestReferences): Buffer =>
  references === undefined ? NO_LIST : packList({ references, extent })

function opOf(fact: Fact): string {
  if (fact.kind === 'present') return fact.via === 'push' ? 'p' : 'g'
  return OPS[fact.kind]
}

const sizeOf = (fact: Extract<Fact, { size: number }>): number =>
  fact.kind === 'link' && fact.size === ABSENT ? ABSENT : believableSize(fact.size)

const mediaTypeCode = (mediaType: string): number => Math.max(0, MEDIA_TYPES.indexOf(mediaType))

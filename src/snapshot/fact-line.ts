import { type Static, type TSchema, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { AGE_SOURCES } from '../usage/age.ts'
import type { StandingFact } from '../usage/fact.ts'

// A fact in a snapshot is a JSON array. Compared with an object it takes 30 % fewer bytes before compression, 7 % fewer
// after, and half the time to parse. Any change of the lines needs a new SNAPSHOT_VERSION.

/** Epoch µs, or bytes. */
const Whole = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const Name = Type.String()
/** A digest of any algorithm, or the `key:` that the index uses in its place. */
const Digest = Type.String({ pattern: '^[a-z0-9]+:[0-9a-f]+$' })
const OrNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
/** Kind, digest and size. */
const ReferenceLine = Type.Tuple([Type.Enum(['blob', 'child', 'subject']), Digest, Whole])
const References = Type.Array(ReferenceLine)
const Extent = Type.Enum(['contents', 'all', 'read'])
const Evidence = Type.Enum(['push', 'pull'])

/** Source and time of an age. */
const AgeLine = Type.Tuple([Type.Enum([...AGE_SOURCES]), Whole])
const PresentLine = Type.Tuple([
  Type.Literal('present'),
  /** repository */
  Name,
  /** at */
  Whole,
  Digest,
  /** size */
  Whole,
  /** media type */
  Name,
  /** tag */
  OrNull(Name),
  OrNull(Extent),
  OrNull(References),
  Evidence,
  /** actor */
  OrNull(Name),
  OrNull(AgeLine),
])
type PresentLine = Static<typeof PresentLine>
const FactLine = Type.Union([
  PresentLine,
  Type.Tuple([Type.Literal('link'), Name, Whole, Digest, Whole]),
  Type.Tuple([Type.Literal('delete'), Name, Whole, Digest]),
  Type.Tuple([Type.Literal('untag'), Name, Whole, Name]),
  Type.Tuple([Type.Literal('drop'), Name, Whole]),
])
type FactLine = Static<typeof FactLine>

const validator = Compile(FactLine)

/** The fact in a parsed line; undefined if the line is no fact. */
export function decodeFactLine(line: unknown): StandingFact | undefined {
  return validator.Check(line) ? factOf(line) : undefined
}

export function encodeFactLine(fact: StandingFact): string {
  return JSON.stringify(lineOf(fact))
}

function lineOf(fact: StandingFact): FactLine {
  const { kind, repository, at } = fact
  switch (kind) {
    case 'present':
      return presentLineOf(fact)
    case 'link':
      return [kind, repository, at, fact.digest, fact.size]
    case 'delete':
      return [kind, repository, at, fact.digest]
    case 'untag':
      return [kind, repository, at, fact.tag]
    case 'drop':
      return [kind, repository, at]
  }
}

function factOf(line: FactLine): StandingFact {
  const [, repository, at] = line
  switch (line[0]) {
    case 'present':
      return presentFactOf(line)
    case 'link':
      return { kind: line[0], repository, at, digest: line[3], size: line[4] }
    case 'delete':
      return { kind: line[0], repository, at, digest: line[3] }
    case 'untag':
      return { kind: line[0], repository, at, tag: line[3] }
    case 'drop':
      return { kind: line[0], repository, at }
  }
}

function presentLineOf(fact: Extract<StandingFact, { kind: 'present' }>): PresentLine {
  const { kind, repository, at, digest, size, mediaType, tag, extent, references, via, actor, age } = fact
  const refs = references?.map((ref): Static<typeof ReferenceLine> => [ref.kind, ref.digest, ref.size])
  return [
    ...([kind, repository, at, digest, size, mediaType, tag ?? null, extent ?? null] as const),
    ...([refs ?? null, via, actor ?? null] as const),
    age ? [age.source, age.at] : null,
  ]
}

function presentFactOf(line: PresentLine): StandingFact {
  const [kind, repository, at, digest, size, mediaType, tag, extent, references, via, actor, age] = line
  return {
    kind,
    repository,
    at,
    digest,
    size,
    mediaType,
    via,
    ...(tag !== null && { tag }),
    ...(age && { age: { at: age[1], source: age[0] } }),
    ...(actor !== null && { actor }),
    ...(extent !== null && { extent }),
    ...(references !== null && {
      references: references.map(([kind, digest, size]) => ({ kind, digest, size })),
    }),
  }
}

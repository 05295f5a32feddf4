import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { decodeFactLine, encodeFactLine } from '../snapshot/fact-line.ts'
import type { Fact, StandingFact } from '../usage/fact.ts'

/**
 * What an entry says beside its fact. `push`, `pull`: an event said so; a HEAD counts as a pull. `event`: another event.
 * `found`: no event said so, but a lookup or a reconcile.
 */
const What = Type.Enum(['push', 'pull', 'event', 'found'])
type What = Static<typeof What>

/** An accepted event, or something that Tallyman found out itself, as the index was told of it. */
export interface Entry {
  what: What
  /** The id of the event; '' for what was found. */
  id: string
  registry: string
  /** A pull and a push are told as a `present`: what the index keeps of them, beside its counters, is the same. */
  fact: StandingFact
}

/**
 * A line of the journal is a JSON array: what, id, registry, and the fact as in a snapshot. It has what a replay needs and no
 * more: no address, no user agent, and the name of an actor only if facts have one (`actors: true`), cut as the index cuts it.
 */
const Line = Type.Tuple([What, Type.String(), Type.String(), Type.Array(Type.Unknown())])
const line = Compile(Line)

/**
 * When the lines after it were heard, in epoch ms: a number. Or what is missing before them: an object with the number of
 * entries for which there was no room, or with the time since when nothing was written.
 */
const Gap = Type.Object({ lost: Type.Integer({ minimum: 0 }), since: Type.Integer({ minimum: 0 }) })
export type Gap = Static<typeof Gap>
const gap = Compile(Gap)

export type JournalItem = { entry: Entry } | { heardAt: number } | { gap: Gap }

/** The entry of a fact; `undefined` for one that a replay does not need: a scanner's pull. */
export function entryOf(id: string, registry: string, fact: Fact): Entry | undefined {
  const base = { id, registry }
  if (fact.kind === 'scan') return undefined
  if (fact.kind === 'push') {
    const age = { source: 'event' as const, at: fact.at }
    return { ...base, what: 'push', fact: { ...fact, kind: 'present', via: 'push', age } }
  }
  if (fact.kind === 'pull') {
    const { id: _, ...sighting } = fact
    return { ...base, what: 'pull', fact: { ...sighting, kind: 'present', via: 'pull' } }
  }
  if (fact.kind === 'present' && fact.via === 'pull' && id !== '') return { ...base, what: 'pull', fact }
  return { ...base, what: id === '' ? 'found' : 'event', fact }
}

export const encodeEntry = ({ what, id, registry, fact }: Entry): string =>
  `[${JSON.stringify(what)},${JSON.stringify(id)},${JSON.stringify(registry)},${encodeFactLine(fact)}]`

/** The content of a line; `undefined` if it is none. */
export function decodeLine(text: string): JournalItem | undefined {
  const value = parse(text)
  if (typeof value === 'number') return { heardAt: value }
  if (gap.Check(value)) return { gap: value }
  if (!line.Check(value)) return undefined
  const fact = decodeFactLine(value[3])
  return fact && { entry: { what: value[0], id: value[1], registry: value[2], fact } }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

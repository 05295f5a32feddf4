import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Entry, Part } from './entry.ts'

const number = Type.Number({ minimum: 0 })
const Numbers = Type.Tuple([number, number, number])
/** First hour, last hour, samples, the whole, exclusive byte-hours, the others, version, pushers. */
const Stored = Compile(
  Type.Tuple([
    number,
    number,
    number,
    Numbers,
    number,
    Numbers,
    Type.String(),
    Type.Array(Type.Tuple([Type.String(), number, number, number])),
  ]),
)
const numbersOf = ({ byteHours, from, to }: Part) => [byteHours, from, to] as const
const partOf = (byteHours: number, from: number, to: number): Part => ({ byteHours, from, to })

/**
 * An entry as Redis and snapshots keep it: the last hour, a space, the number of samples, a space, then JSON. The script that
 * writes it compares the two numbers.
 */
export const encodeEntry = (entry: Entry): string =>
  `${entry.lastHour} ${entry.hours} ${JSON.stringify([
    ...[entry.firstHour, entry.lastHour, entry.hours, numbersOf(entry), entry.exclusiveByteHours],
    ...[numbersOf(entry.others), entry.version],
    Object.entries(entry.pushers).map(([name, part]) => [name, ...numbersOf(part)]),
  ])}`

/** @throws RangeError if the text is no entry */
export function decodeEntry(text: string): Entry {
  const stored = parse(text.replace(/^\d+ \d+ /, ''))
  if (!Stored.Check(stored)) throw new RangeError('expected an entry of a month')
  const [firstHour, lastHour, hours, whole, exclusiveByteHours, others, version, pushers] = stored
  return {
    ...{ firstHour, lastHour, hours, ...partOf(...whole), exclusiveByteHours },
    ...{ others: partOf(...others), version },
    pushers: Object.fromEntries(pushers.map(([name, ...numbers]) => [name, partOf(...numbers)])),
  }
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

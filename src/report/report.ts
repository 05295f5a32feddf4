import { type Entry, type Part, unknownOf, WHOLE } from './entry.ts'
import type { Month } from './month.ts'

/** What a row is about: `others` are the pushers beyond the most that the month of a project names, `unknown` is of no known pusher. */
export type RowKind = 'registry' | 'project' | 'pusher' | 'others' | 'unknown'

/** What a registry, one of its projects or one of its pushers held in a month. */
export interface ReportRow {
  registry: string
  kind: RowKind
  /** The path of the project in its registry, or the pusher. `null` of the other kinds. */
  name: string | null
  /** Bytes at the first and at the last sample of the registry in the month; 0 if it was not there then. */
  fromBytes: number
  toBytes: number
  changeBytes: number
  byteHours: number
  /** `null` of a pusher: the index does not know it. */
  exclusiveByteHours: number | null
  /** Hours of the month for which it is known what was held. The others count nothing. */
  hoursKnown: number
  /** What the byte-hours cost; `null` without a price. */
  price: number | null
}

/** A registry in a month: its entries by path, with that of the registry as a whole. `price`: of a GiB for a month. */
export interface RegistryMonth {
  registry: string
  month: Month
  entries: ReadonlyMap<string, Entry>
  price: number | undefined
}

const GIB = 2 ** 30

/** The price of byte-hours: a GiB that is held in all hours of the month costs `perGiBMonth`, however long the month is. */
export const priceOf = (
  byteHours: number,
  { from, to }: Month,
  perGiBMonth: number | undefined,
): number | null =>
  // Millionths, so that sums of prices as floating-point numbers look like sums.
  perGiBMonth === undefined ? null : Math.round((byteHours / GIB / (to - from)) * perGiBMonth * 1e6) / 1e6

/** The hours of a month until `hour` (since the epoch), that hour with them; all if the month has ended. */
export const hoursUntil = ({ from, to }: Month, hour: number): number =>
  Math.max(0, Math.min(to, hour + 1) - from)

const NOTHING: Part = { byteHours: 0, from: 0, to: 0 }

/** The registry as a whole: each content counts once. */
export function wholeRow(about: RegistryMonth): ReportRow {
  const whole = about.entries.get(WHOLE)
  return rowOf(about, { kind: 'registry', name: null }, whole ?? NOTHING, whole?.exclusiveByteHours ?? 0)
}

/** The projects of a registry that were there in the month, in no order. */
export const projectRows = (about: RegistryMonth, sees: (project: string) => boolean): ReportRow[] =>
  seen(about, sees).map(([name, entry]) =>
    rowOf(about, { kind: 'project', name }, inMonth(entry, entry, about), entry.exclusiveByteHours),
  )

/** The sums of these projects by pusher, in no order. */
export function pusherRows(about: RegistryMonth, sees: (project: string) => boolean): ReportRow[] {
  const pushers = new Map<string, Part>()
  let [others, unknown] = [NOTHING, NOTHING]
  for (const [, entry] of seen(about, sees)) {
    const now = (part: Part) => inMonth(part, entry, about)
    for (const [name, part] of Object.entries(entry.pushers))
      pushers.set(name, plus(pushers.get(name) ?? NOTHING, now(part)))
    others = plus(others, now(entry.others))
    unknown = plus(unknown, now(unknownOf(entry)))
  }
  return [
    ...[...pushers].map(([name, part]) => rowOf(about, { kind: 'pusher', name }, part, null)),
    ...(isSomething(others) ? [rowOf(about, { kind: 'others', name: null }, others, null)] : []),
    ...(isSomething(unknown) ? [rowOf(about, { kind: 'unknown', name: null }, unknown, null)] : []),
  ]
}

const rowOf = (
  { registry, month, entries, price }: RegistryMonth,
  about: Pick<ReportRow, 'kind' | 'name'>,
  { byteHours, from, to }: Part,
  exclusiveByteHours: number | null,
): ReportRow => ({
  ...{ registry, ...about, fromBytes: from, toBytes: to, changeBytes: to - from },
  ...{ byteHours, exclusiveByteHours, hoursKnown: hoursKnown(entries) },
  price: priceOf(byteHours, month, price),
})

const seen = ({ registry, entries }: RegistryMonth, sees: (project: string) => boolean): [string, Entry][] =>
  [...entries].filter(([path]) => path !== WHOLE && sees(`${registry}/${path}`))

/**
 * Hours for which it is known what each project held. A project that has no sample in an hour in which the registry has one was
 * not there: it held nothing. If a run was killed, some projects have a sample more than the registry.
 */
const hoursKnown = (entries: ReadonlyMap<string, Entry>): number =>
  entries.get(WHOLE)?.hours ?? [...entries.values()].reduce((most, { hours }) => Math.max(most, hours), 0)

/** A part of an entry, without what was held before the project was there or after it was gone. */
function inMonth(part: Part, { firstHour, lastHour }: Entry, { entries }: RegistryMonth): Part {
  const whole = entries.get(WHOLE)
  return {
    byteHours: part.byteHours,
    from: whole !== undefined && firstHour > whole.firstHour ? 0 : part.from,
    to: whole !== undefined && lastHour < whole.lastHour ? 0 : part.to,
  }
}

const plus = (a: Part, b: Part): Part => ({
  byteHours: a.byteHours + b.byteHours,
  ...{ from: a.from + b.from, to: a.to + b.to },
})

const isSomething = ({ byteHours, from, to }: Part): boolean => byteHours !== 0 || from !== 0 || to !== 0

/** Byte-hours of a part of what is held, and its bytes in the first and in the last hour that has a sample. */
export interface Part {
  byteHours: number
  from: number
  to: number
}

/**
 * What a project, or a registry as a whole, held in a month. Each sample counts for its hour, and an hour without one counts
 * nothing. Bytes are unique bytes. Hours are hours since the epoch, in UTC.
 */
export interface Entry extends Part {
  /** The hours of the first and the last sample, and how many samples there are. */
  firstHour: number
  lastHour: number
  hours: number
  exclusiveByteHours: number
  /** Of these bytes, those of each pusher. What is missing to the whole is of nobody who is known. */
  pushers: Record<string, Part>
  /** Of these bytes, those of pushers beyond the `MOST_PUSHERS` with most byte-hours. */
  others: Part
  /** What the bytes of pushers were read from: if it is the same at the next sample, they are, too. */
  version: string
}

/** The path of the entry of a registry as a whole. No project has it. */
export const WHOLE = ''

/** What was held in an hour. */
export interface Held {
  uniqueBytes: number
  exclusiveBytes: number
  /** Bytes by pusher; at most `uniqueBytes` in all (`fitted`). */
  pushers: Readonly<Record<string, number>>
  others: number
  version: string
}

/** Pushers that an entry names. */
export const MOST_PUSHERS = 50

const NO_PART: Part = { byteHours: 0, from: 0, to: 0 }

/** The entry with the sample of one more hour. An entry that has this hour, or a later one, stays as it is. */
export function addHour(entry: Entry | undefined, hour: number, held: Held): Entry {
  if (entry === undefined) return entryOf(hour, held)
  return entry.lastHour >= hour ? entry : joined(entry, entryOf(hour, held))
}

/**
 * An entry whose last sample was taken while a clock was ahead, as if it ended before `hour`: it would keep all samples out
 * until its hour comes. Its samples count, since the hours in which they were taken have none. Hosts may differ by an hour.
 */
export const withoutFuture = (entry: Entry, hour: number, nowHour: number): Entry =>
  entry.lastHour <= nowHour + 1
    ? entry
    : {
        ...entry,
        firstHour: Math.min(entry.firstHour, hour - 1),
        lastHour: Math.min(entry.lastHour, hour - 1),
      }

/** An entry from two, of which one ends before the other begins. */
export function joined(before: Entry, after: Entry): Entry {
  const names = new Set([...Object.keys(before.pushers), ...Object.keys(after.pushers)])
  const pushers = [...names].map((name): [string, Part] => [
    name,
    joinedPart(partOf(before, name), partOf(after, name)),
  ])
  return {
    ...{ firstHour: before.firstHour, lastHour: after.lastHour, hours: before.hours + after.hours },
    ...joinedPart(before, after),
    exclusiveByteHours: before.exclusiveByteHours + after.exclusiveByteHours,
    ...withMost(pushers, joinedPart(before.others, after.others)),
    version: after.version,
  }
}

/** An entry with the samples of two. If they overlap, that with more samples counts alone: it has those of the other. */
export function merged(a: Entry, b: Entry): Entry {
  if (a.lastHour < b.firstHour) return joined(a, b)
  if (b.lastHour < a.firstHour) return joined(b, a)
  return a.hours >= b.hours ? a : b
}

const entryOf = (hour: number, held: Held): Entry => ({
  ...{ firstHour: hour, lastHour: hour, hours: 1, ...ofOneHour(held.uniqueBytes) },
  exclusiveByteHours: held.exclusiveBytes,
  ...withMost(
    Object.entries(held.pushers).map(([name, bytes]) => [name, ofOneHour(bytes)]),
    ofOneHour(held.others),
  ),
  version: held.version,
})

const ofOneHour = (bytes: number): Part => ({ byteHours: bytes, from: bytes, to: bytes })

const partOf = ({ pushers }: Entry, name: string): Part =>
  Object.hasOwn(pushers, name) ? (pushers[name] ?? NO_PART) : NO_PART

const joinedPart = (before: Part, after: Part): Part => ({
  byteHours: before.byteHours + after.byteHours,
  ...{ from: before.from, to: after.to },
})

const sumOf = (a: Part, b: Part): Part => ({
  byteHours: a.byteHours + b.byteHours,
  ...{ from: a.from + b.from, to: a.to + b.to },
})

/** Names the pushers with most byte-hours, and counts the rest among the others. */
function withMost(all: readonly [string, Part][], others: Part): Pick<Entry, 'pushers' | 'others'> {
  const ordered = all.toSorted(([, a], [, b]) => b.byteHours - a.byteHours)
  return {
    // Assigned one by one, a name such as `__proto__` would be lost.
    pushers: Object.fromEntries(ordered.slice(0, MOST_PUSHERS)),
    others: ordered.slice(MOST_PUSHERS).reduce((sum, [, part]) => sumOf(sum, part), others),
  }
}

/** What the known pushers and the others leave of an entry. */
export function unknownOf(entry: Entry): Part {
  const known = Object.values(entry.pushers).reduce(sumOf, entry.others)
  const { byteHours, from, to } = entry
  return { byteHours: byteHours - known.byteHours, from: from - known.from, to: to - known.to }
}

/**
 * Bytes by pusher, with at most `bytes` in all: the largest parts first. What pushers hold is read after the bytes of the project,
 * and sizes that manifests state may differ from those that were measured.
 */
export function fitted(
  pushers: ReadonlyMap<string, number>,
  bytes: number,
): Pick<Held, 'pushers' | 'others'> {
  let left = bytes
  const parts = [...pushers]
    .filter(([, held]) => held > 0)
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, held]): [string, number] => {
      const fitting = Math.min(held, left)
      left -= fitting
      return [name, fitting]
    })
  return {
    pushers: Object.fromEntries(parts.slice(0, MOST_PUSHERS)),
    others: parts.slice(MOST_PUSHERS).reduce((sum, [, held]) => sum + held, 0),
  }
}

/** The bytes by pusher of the last sample, for a sample that was read from the same version. */
export const lastHeld = ({ pushers, others }: Entry): Pick<Held, 'pushers' | 'others'> => ({
  pushers: Object.fromEntries(
    Object.entries(pushers).flatMap(([name, { to }]) => (to > 0 ? [[name, to]] : [])),
  ),
  others: others.to,
})

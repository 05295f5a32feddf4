import { type Static, Type } from 'typebox'
import { formatDuration, formatSize } from '../platform/units.ts'

const bytes = (description: string) => Type.Integer({ minimum: 0, description: `${description} In bytes.` })
const instant = (description: string) => Type.String({ format: 'date-time', description })
const orNull = <T extends ReturnType<typeof instant> | ReturnType<typeof bytes>>(
  schema: T,
  description: string,
) => Type.Union([schema, Type.Null()], { description })

/** What a survey found, as far as it matters for a collection. */
export const Point = Type.Object({
  at: instant('When the survey began.'),
  collectable: bytes('What a collection would have freed.'),
  /** All blobs: what is gone of these was collected. */
  blobs: bytes('All blobs of the storage.'),
})
export type Point = Static<typeof Point>

/** How it was known that a registry was collected. */
export const LastCollection = Type.Object({
  at: instant('When it ended; of one that only a survey showed, when the survey began.'),
  seen: Type.Enum(['run', 'survey'], {
    description:
      '`run`: Tallyman ran it. `survey`: a survey found that much of what could be collected is gone, so something else has collected it since the survey before.',
  }),
  freed: orNull(bytes(''), 'What it freed, in bytes. Null: not known.'),
  pauseMs: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
    description: 'How long writes were refused, in ms. Null: not known.',
  }),
})
export type LastCollection = Static<typeof LastCollection>

/** What is known of the garbage of a registry. The store keeps it. */
export const Known = Type.Object({
  registry: Type.String(),
  at: instant('When the last survey began.'),
  collectable: Type.Object({ blobs: Type.Integer({ minimum: 0 }), bytes: bytes('') }),
  total: bytes('All that the storage holds.'),
  /** What undo still needs: images that expiry has deleted, and bytes of their blobs, by when the promise ends. */
  undoable: Type.Array(
    Type.Object({ until: instant(''), images: Type.Integer({ minimum: 0 }), bytes: bytes('') }),
  ),
  /** Since the last collection, oldest first. */
  points: Type.Array(Point),
  last: Type.Union([LastCollection, Type.Null()]),
  /** Whether people were told that a collection pays, since the last one. */
  isTold: Type.Boolean(),
})
export type Known = Static<typeof Known>

/** When a collection pays: `bytes`, or `share` (0 to 1) of what the storage holds. */
export interface Thresholds {
  bytes?: number | undefined
  share: number
}

/** Whether a collection of garbage pays. */
export const Advice = Type.Object({
  registry: Type.String({ description: 'The registry.' }),
  at: instant('When the storage was surveyed.'),
  pays: Type.Boolean({ description: 'Whether a collection pays now.' }),
  paysFrom: orNull(
    instant(''),
    'When it most likely will, RFC 3339: as undo is no longer promised, and as garbage grows. Null: it pays now, or that is not in sight.',
  ),
  collectable: Type.Object(
    { blobs: Type.Integer({ minimum: 0, description: 'How many blobs.' }), bytes: bytes('Their bytes.') },
    { description: 'What a collection would free now.' },
  ),
  undoable: Type.Object(
    {
      images: Type.Integer({ minimum: 0, description: 'How many images.' }),
      bytes: bytes('What a collection would free of them.'),
      until: orNull(instant(''), 'Until when the last of them can be brought back. Null: there are none.'),
    },
    {
      description:
        'Of that, what undo needs: images that expiry deleted, and that can be brought back until a collection.',
    },
  ),
  share: Type.Number({
    minimum: 0,
    maximum: 1,
    description: 'The part of what the storage holds that a collection would free, without what undo needs.',
  }),
  bytesPerDay: Type.Union([Type.Integer(), Type.Null()], {
    description: 'By how many bytes a day it grows, since the last collection. Null: not known.',
  }),
  lastCollection: Type.Union([LastCollection, Type.Null()], {
    description: 'The last collection. Null: none is known.',
  }),
  text: Type.String({ description: 'The same for people.' }),
})
export type Advice = Static<typeof Advice>

const DAY_MS = 86_400_000

/** How far ahead it is told from when on a collection pays, in days. */
const AHEAD_DAYS = 366

/**
 * Whether a collection of garbage pays now, and else from when on. What undo still needs does not count: a collection is refused
 * as long as expiry has promised it. `now`: epoch ms.
 */
export function adviceOf(known: Known, thresholds: Thresholds, now: number): Advice {
  const { registry, at, collectable, total, last } = known
  const undoable = known.undoable.filter(({ until }) => Date.parse(until) > now)
  const images = undoable.reduce((sum, one) => sum + one.images, 0)
  const kept = undoable.reduce((sum, one) => sum + one.bytes, 0)
  const ready = Math.max(0, collectable.bytes - kept)
  const needed = Math.min(thresholds.bytes ?? Number.POSITIVE_INFINITY, Math.ceil(thresholds.share * total))
  const pays = ready > 0 && ready >= needed
  const perDay = growthOf(known.points)
  const from = pays ? undefined : paysFrom({ ready, needed, undoable, perDay }, now)
  const ends = undoable.map(({ until }) => until).sort()
  const facts = {
    ...{ registry, at, pays, paysFrom: from === undefined ? null : new Date(from).toISOString() },
    collectable,
    undoable: { images, bytes: Math.min(kept, collectable.bytes), until: ends.at(-1) ?? null },
    share: total === 0 ? 0 : Math.min(1, ready / total),
    ...{ bytesPerDay: perDay === undefined ? null : Math.round(perDay), lastCollection: last },
  }
  return { ...facts, text: textOf(facts, ready, now) }
}

/** By how many bytes a day garbage grows; `undefined` with less than a day of points. */
function growthOf(points: readonly Point[]): number | undefined {
  const [first, last] = [points[0], points.at(-1)]
  if (first === undefined || last === undefined) return undefined
  const days = (Date.parse(last.at) - Date.parse(first.at)) / DAY_MS
  return days < 1 ? undefined : (last.collectable - first.collectable) / days
}

/** When as much is ready as is needed, epoch ms; `undefined` if that is not in sight. */
function paysFrom(
  state: { ready: number; needed: number; undoable: Known['undoable']; perDay: number | undefined },
  now: number,
): number | undefined {
  const { needed, undoable, perDay = 0 } = state
  const growth = Math.max(0, perDay) / DAY_MS
  const end = now + AHEAD_DAYS * DAY_MS
  let ready = state.ready
  let at = now
  const windows = undoable
    .map(({ until, bytes }) => ({ until: Date.parse(until), bytes }))
    .toSorted((a, b) => a.until - b.until)
  for (const { until, bytes } of [...windows, { until: end, bytes: 0 }]) {
    const grown = ready + growth * (until - at)
    if (growth > 0 && grown >= needed) return at + Math.max(0, needed - ready) / growth
    ready = grown + bytes
    at = until
    if (ready >= needed && ready > 0 && at < end) return at
  }
  return undefined
}

function textOf(advice: Omit<Advice, 'text'>, ready: number, now: number): string {
  const { pays, paysFrom, collectable, undoable, share, bytesPerDay, lastCollection } = advice
  const size = `${formatSize(ready)}, ${Math.round(share * 100)} % of the storage`
  const kept =
    undoable.bytes === 0
      ? ''
      : ` ${formatSize(undoable.bytes)} more can be freed once ${undoable.images} ${undoable.images === 1 ? 'image' : 'images'} of the trash cannot be brought back any more, at the latest from ${undoable.until} on.`
  const growth =
    bytesPerDay === null || bytesPerDay <= 0 ? '' : ` It grows by ${formatSize(bytesPerDay)} a day.`
  const since =
    lastCollection === null
      ? ''
      : ` The last collection was ${formatDuration(Math.max(60_000, now - Date.parse(lastCollection.at)))} ago.`
  const head = pays
    ? `A collection of garbage pays: it frees ${size}.`
    : collectable.bytes === 0
      ? 'There is no garbage.'
      : `A collection of garbage does not pay yet: it frees ${size}.`
  const later = paysFrom === null ? '' : ` It will pay from ${paysFrom.slice(0, 'YYYY-MM-DD'.length)} on.`
  return `${head}${kept}${growth}${later}${since}`
}

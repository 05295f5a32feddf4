import type { Known } from './advice.ts'

/** What a survey has found. */
export interface Seen {
  registry: string
  /** When it began, RFC 3339. */
  at: string
  /** Bytes of all that the storage holds. */
  total: number
  /** Bytes of all blobs. */
  blobs: number
  /** What a collection would free. */
  candidates: readonly { digest: string; size: number }[]
  undoable: Known['undoable']
}

/** How many points are kept: more than a year of daily surveys. */
const POINTS = 400

/** By how much of what could be collected it must fall, for a collection to have been there. */
const FALL = 0.2

/** What is known after a survey. */
export function nextKnown(known: Known | undefined, seen: Seen): Known {
  const { registry, at, total, blobs, candidates, undoable } = seen
  const collectable = {
    blobs: candidates.length,
    bytes: candidates.reduce((sum, { size }) => sum + size, 0),
  }
  const point = { at, collectable: collectable.bytes, blobs }
  const now = { registry, at, collectable, total, undoable }
  if (known === undefined) return { ...now, points: [point], last: null, isTold: false }
  const before = known.points.at(-1)
  const fell = before === undefined ? 0 : before.collectable - point.collectable
  // Garbage also falls if an image is put back. Then no blob goes.
  const isCollected =
    before !== undefined && fell > before.collectable * FALL && before.blobs - point.blobs >= fell / 2
  // A run of ours is noted by itself, with the numbers of its own, also if this survey is a part of it.
  if (isCollected)
    return {
      ...{ ...now, points: [point], isTold: false },
      last: { at, seen: 'survey', freed: fell, pauseMs: null },
    }
  return {
    ...{ ...now, last: known.last, isTold: known.isTold },
    points: [...known.points.filter((one) => one.at < at), point].slice(-POINTS),
  }
}

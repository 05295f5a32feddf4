import type { Deleted, Held, RunSummary } from '../expiry/decision.ts'
import { runText } from '../expiry/run-text.ts'
import { formatSize } from '../platform/units.ts'
import type { Line } from './output/line.ts'
import { type Cell, goingTagsCell, table } from './table.ts'

/** A run for people: what it did in one line, the projects that it held, and the images of a page. */
export const runLines = (run: RunSummary, deletes: readonly Deleted[]): Line[] => [
  runText(run),
  ...heldTable(run.held ?? []),
  ...deleteTable(deletes),
]

/** The images and single tags that a run deleted, or would delete, and why. */
const deleteTable = (deletes: readonly Deleted[]) =>
  table(
    ['OUTCOME', 'REPOSITORY', 'TAGS', 'RULE', 'REASON', 'DIGEST'],
    deletes.map((one) => [
      ...[
        { word: one.outcome },
        one.repository,
        goingTagsCell(one),
        one.rule ?? 'none',
        one.why ?? one.reason,
        one.digest,
      ],
    ]),
  )

/** The projects of which more than `expiry.maxShare` would go. */
const heldTable = (held: readonly Held[]) =>
  table(
    ['HELD', 'IMAGES', 'SINGLE TAGS', 'FREES', 'DELETED BEFORE'],
    held.map(({ project, deletes, images, untags, tags, bytes, deleted = 0 }) => [
      ...[project, shareCell(deletes, images), shareCell(untags, tags)],
      ...[{ right: formatSize(bytes) }, deleted],
    ]),
  )

const shareCell = (some: number, all: number): Cell => ({ right: `${some} of ${all}` })

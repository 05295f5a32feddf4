import { span } from '../expiry/finding.ts'
import type { PlannedImage } from '../expiry/planned-image.ts'
import { formatSize } from '../platform/units.ts'
import type { Line } from './output/line.ts'
import { type Cell, goingTagsCell, table } from './table.ts'

export type PlannedRow = PlannedImage & { policy: string }

/** A plan for people: by policy, then repository, the oldest images first. `asOf` is the time for which it was made, epoch ms. With `why`, near misses stand below their image. */
export function planTable(all: readonly PlannedRow[], asOf: number, why: boolean): Line[] {
  const rows = inOrder(all)
  const isOfSeveral = new Set(rows.map(({ policy }) => policy)).size > 1
  const isNoticed = rows.some(({ announcedAt }) => announcedAt !== undefined)
  const [head, ...lines] = table(
    [
      ...(isOfSeveral ? ['POLICY'] : []),
      'VERDICT',
      'REPOSITORY',
      'TAGS',
      'AGE',
      'LAST USE',
      'FREES',
      ...(isNoticed ? ['ANNOUNCED', 'GOES FROM'] : []),
      'RULE',
      'REASON',
      'DIGEST',
    ],
    rows.map((row) => [
      ...(isOfSeveral ? [row.policy] : []),
      ...[{ word: row.verdict }, row.repository, goingTagsCell(row), ageCell(row, asOf), useCell(row, asOf)],
      freesCell(row),
      ...(isNoticed ? [noticeCell(row.announcedAt, 'by the next run'), noticeCell(row.goesFrom, '-')] : []),
      ...[row.rule ?? 'none', row.reason, row.digest],
    ]),
  )
  if (head === undefined) return []
  const misses = (n: number) => (why ? (rows[n]?.nearMisses ?? []) : []).map((miss) => `    nearly: ${miss}`)
  return [head, ...lines.flatMap((line, n) => [line, ...misses(n)])]
}

/** Images whose age is not known come last. */
function inOrder(rows: readonly PlannedRow[]): PlannedRow[] {
  const policies = [...new Set(rows.map(({ policy }) => policy))]
  const places = new Map(policies.map((policy, place) => [policy, place]))
  const ageOf = ({ age }: PlannedRow) => (age === null ? Number.MAX_VALUE : Date.parse(age))
  return rows.toSorted(
    (a, b) =>
      (places.get(a.policy) ?? 0) - (places.get(b.policy) ?? 0) ||
      Number(a.repository > b.repository) - Number(a.repository < b.repository) ||
      ageOf(a) - ageOf(b),
  )
}

const spanTo = (asOf: number, at: string): string => span(Math.max(0, asOf - Date.parse(at)) * 1000)

export function ageCell({ age, ageSource }: PlannedImage, asOf: number): string {
  if (age === null) return 'not known'
  return `${ageSource === 'seen' ? 'at least ' : ''}${spanTo(asOf, age)}`
}

export function useCell({ lastUse, isUseKnown }: PlannedImage, asOf: number): string {
  if (lastUse === null) return isUseKnown ? 'never' : 'not known'
  return `${spanTo(asOf, lastUse)} ago${isUseKnown ? '' : ', perhaps later'}`
}

const freesCell = ({ verdict, reclaimableBytes }: PlannedImage): Cell => ({
  right: verdict === 'keep' || reclaimableBytes === undefined ? '' : formatSize(reclaimableBytes),
})

const noticeCell = (time: string | null | undefined, none: string): string =>
  time === undefined ? '' : (time ?? none)

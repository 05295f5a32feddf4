import type { paths } from '../../api/schema.d.ts'

type Stream = paths['/v1/expiry/plan']['get']['responses'][200]['content']['application/x-ndjson']
export type PlanRow = Extract<Stream, { verdict: unknown }>
export type PlanLine = Stream

/** More images than this are not read: people narrow the plan down. */
export const MOST_ROWS = 200_000

/** A plan as far as it was read. */
export interface PlanReading {
  goes: PlanRow[]
  stays: PlanRow[]
  warnings: string[]
  /** Projects in which a run would delete nothing. */
  held: string[]
  /** Bytes that the registries can free, of the images that were read. */
  bytes: number
  /** What the plan says of itself once it is whole. */
  end: { asOf: string; plan?: string | undefined; undo: { until: string | null; text: string } } | undefined
  isCut: boolean
}

export const NOTHING_READ: PlanReading = {
  ...{ goes: [], stays: [], warnings: [], held: [], bytes: 0 },
  ...{ end: undefined, isCut: false },
}

/** Adds what has arrived. The lists grow in place, since they may be long; the object is a new one. */
export function readMore(plan: PlanReading, lines: readonly PlanLine[]): PlanReading {
  const next = { ...plan }
  for (const line of lines) {
    if ('asOf' in line) next.end = line
    else if ('warning' in line) {
      next.warnings = [...next.warnings, line.warning]
      if (line.held !== undefined) next.held = [...next.held, line.held]
    } else if (next.goes.length + next.stays.length >= MOST_ROWS) next.isCut = true
    else {
      ;(line.verdict === 'keep' ? next.stays : next.goes).push(line)
      next.bytes += line.reclaimableBytes ?? 0
    }
  }
  return next
}

/** Images and single tags of one rule. */
export interface RuleSum {
  rule: string
  images: number
  bytes: number
}

/** How many images each rule decided, and their bytes; the most bytes first. */
export function sumsByRule(rows: readonly PlanRow[]): RuleSum[] {
  const sums = new Map<string, RuleSum>()
  for (const { rule, reclaimableBytes = 0 } of rows) {
    const name = rule ?? NO_RULE
    const sum = sums.get(name) ?? { rule: name, images: 0, bytes: 0 }
    sum.images += 1
    sum.bytes += reclaimableBytes
    sums.set(name, sum)
  }
  return [...sums.values()].sort((a, b) => b.bytes - a.bytes || b.images - a.images)
}

/** What is shown for images that no rule decided. */
export const NO_RULE = 'no rule'

export const ORDERS = { bytes: 'most bytes first', age: 'oldest first', name: 'by name' } as const
export type Order = keyof typeof ORDERS

/** The rows of one rule that have a text in their name, their tags, digest or reason, in an order. */
export function select(
  rows: readonly PlanRow[],
  { search = '', rule, order }: { search?: string; rule?: string | undefined; order: Order },
): PlanRow[] {
  const wanted = search.toLowerCase()
  const found = rows.filter(
    (row) =>
      (rule === undefined || (row.rule ?? NO_RULE) === rule) &&
      (wanted === '' || textOf(row).includes(wanted)),
  )
  return order === 'name' ? found : found.sort(COMPARE[order])
}

const textOf = ({ project, repository, tags, digest, reason }: PlanRow): string =>
  [project, repository, ...tags, digest, reason].join(' ').toLowerCase()

const COMPARE: Record<Exclude<Order, 'name'>, (a: PlanRow, b: PlanRow) => number> = {
  bytes: (a, b) => bytesOf(b) - bytesOf(a),
  age: (a, b) => ((a.age ?? '9') < (b.age ?? '9') ? -1 : 1),
}

/** What goes with it, or, of an image that stays, its size. */
export const bytesOf = ({ verdict, reclaimableBytes, sizeBytes }: PlanRow): number =>
  verdict === 'keep' ? sizeBytes : (reclaimableBytes ?? 0)

/** How an image is called: `team/app:v1, v2`, or by its digest. */
export function nameOf({
  repository,
  tags,
  untag,
  digest,
}: Pick<PlanRow, 'repository' | 'tags' | 'untag' | 'digest'>): string {
  const named = untag ?? tags
  return named.length > 0 ? `${repository}:${named.join(', ')}` : `${repository}@${digest.slice(0, 19)}…`
}

/** The text that must be typed before a plan is applied: the one project that it is about, or else the policy. */
export function textToType(policy: string, goes: readonly PlanRow[]): string {
  const projects = new Set(goes.map(({ project }) => project))
  const [only] = projects
  return projects.size === 1 && only !== undefined ? only : policy
}

/** The registries in which something goes, in order. */
export const registriesOf = (goes: readonly PlanRow[]): string[] =>
  [...new Set(goes.map(({ project }) => project.slice(0, project.indexOf('/'))))].sort()

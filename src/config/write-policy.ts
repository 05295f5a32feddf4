import type { ExpiryRule, Selection } from '../expiry/rule.ts'
import type { TagSelector } from '../platform/match-tag.ts'
import type { Config } from './schema.ts'

type Policy = Config['expiry']['policies'][number]

/**
 * A policy as it could stand in `expiry.policies`: the reverse of `readPolicy`. Defaults are written out, except those of `match`.
 * Of a policy of another system, the document is left out.
 */
export function writePolicy(policy: Policy): Record<string, unknown> {
  const { name, match, mode, schedule, timeZone, notice } = policy
  const { registry, project, repository } = match
  const scope = {
    registry,
    ...(project !== '**' && { project }),
    ...(repository !== '**' && { repository }),
  }
  const head = {
    ...{ name, match: scope, mode, schedule },
    ...(timeZone !== 'UTC' && { timeZone }),
    ...(notice !== undefined && { notice: writeDuration(notice) }),
  }
  if ('dialect' in policy) return { ...head, dialect: policy.dialect }
  const { rules, evict } = policy
  return {
    ...head,
    ...(rules.length > 0 && { rules: rules.map(writeRule) }),
    ...(evict !== undefined && {
      evict: {
        ...{ to: evict.to, order: evict.order },
        ...(evict.floor !== undefined && { floor: writeSize(evict.floor) }),
        ...(evict.tiers !== undefined && { tiers: evict.tiers.map(writeSelection) }),
      },
    }),
  }
}

function writeRule({ name, keep, expire, ...selection }: ExpiryRule): Record<string, unknown> {
  return {
    ...(name !== undefined && { name }),
    ...writeSelection(selection),
    ...(keep === true && { keep }),
    ...(typeof keep === 'object' && {
      keep: {
        newest: keep.newest,
        ...(keep.by !== 'pushed' && { by: keep.by }),
        ...(keep.per !== 'repository' && { per: keep.per.group }),
      },
    }),
    ...(expire !== undefined && { expire }),
  }
}

function writeSelection(selection: Selection): Record<string, unknown> {
  const { tag, only, olderThan, notUsedFor, largerThan, smallerThan, ...plain } = selection
  const written = {
    ...(tag !== undefined && { tag: writeTags(tag) }),
    ...(only !== undefined && { only: { tag: writeTags(only.tag) } }),
    ...plain,
    ...(olderThan !== undefined && { olderThan: writeDuration(olderThan) }),
    ...(notUsedFor !== undefined && { notUsedFor: writeDuration(notUsedFor) }),
    ...(largerThan !== undefined && { largerThan: writeSize(largerThan) }),
    ...(smallerThan !== undefined && { smallerThan: writeSize(smallerThan) }),
  }
  return Object.fromEntries(Object.entries(written).filter(([, value]) => value !== undefined))
}

const writeTags = (tags: TagSelector) => ('glob' in tags ? tags.glob : { pattern: tags.pattern })

const DURATIONS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const
const SIZES = [
  ['PiB', 2 ** 50],
  ['TiB', 2 ** 40],
  ['GiB', 2 ** 30],
  ['MiB', 2 ** 20],
  ['KiB', 2 ** 10],
  ['B', 1],
] as const

/** In the largest unit in which it is a whole number: `14d`, `36h`. */
const writeDuration = (ms: number): string => inLargest(ms, DURATIONS)
const writeSize = (bytes: number): string => inLargest(bytes, SIZES)

function inLargest(value: number, units: readonly (readonly [string, number])[]): string {
  const [unit, factor] = units.find(([, one]) => value >= one && value % one === 0) ?? units.at(-1) ?? ['', 1]
  return `${value / factor}${unit}`
}

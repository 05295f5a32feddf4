import type { SnapshotInfo } from './snapshot-key.ts'

const WEEK_MS = 7 * 86_400_000

/**
 * The snapshots from which a replay over the journal may begin: the oldest of each week, back to the last one that is older than
 * the journal. `snapshots` are the newest first; `keepMs` is how long the journal is kept.
 */
export function baselinesOf(snapshots: readonly SnapshotInfo[], now: number, keepMs: number): SnapshotInfo[] {
  const oldestFirst = snapshots.toReversed()
  const weeks = new Map<number, SnapshotInfo>()
  for (const one of oldestFirst) {
    const week = Math.floor(Date.parse(one.createdAt) / WEEK_MS)
    if (!weeks.has(week)) weeks.set(week, one)
  }
  const baselines = [...weeks.values()]
  const begin = now - keepMs
  const firstWithin = baselines.findIndex(({ createdAt }) => Date.parse(createdAt) > begin)
  return firstWithin === -1 ? baselines.slice(-1) : baselines.slice(Math.max(0, firstWithin - 1))
}

import type { AuditedProcess, AuditState } from './audit-state.ts'
import { sentBy } from './counts.ts'
import type { Reading } from './judge.ts'
import { isSameProcess, thereSince } from './same-process.ts'

/** How much the clocks of hosts of a registry may differ, in µs. */
const SKEW_US = 5_000_000

/** How long the process that was read first at an address is waited for, if another one answers there, in µs. */
const UNSEEN_US = 180_000_000

/** Processes that are remembered after they were gone. */
const MOST_GONE = 50

/**
 * Which processes there are now, which have ended, and how many events those that answered have sent since. `several`: addresses
 * at which more than one process answers.
 */
export function followProcesses(before: AuditState, reading: Reading) {
  const processes = { ...before.processes }
  const gone = { ...before.gone }
  const ended: AuditedProcess[] = []
  const several: string[] = []
  const moved = { sent: 0, successes: 0, queued: 0, offset: 0, allowance: 0, returned: 0 }
  for (const one of reading.processes) {
    const { address, counts } = one
    const left = before.gone[address]
    const isBack = before.processes[address] === undefined && left !== undefined && isSameProcess(left, one)
    const old = isBack ? left : before.processes[address]
    const isSame = old !== undefined && isSameProcess(old, one)
    const since = thereSince(one.birth, one.recentCollections)
    // It is no successor: it was there already. A balancer gives the one or the other.
    const isBeside = old !== undefined && !isSame && since !== undefined && since < old.at - SKEW_US
    if (isBeside && reading.at - old.at < UNSEEN_US) {
      several.push(address)
      continue
    }
    if (old !== undefined && !isSame) ended.push(old)
    if (isBack) {
      moved.returned += left.counts.events
      // What came of it meanwhile counted as that of others.
      const back = Math.max(0, before.offset + moved.offset - left.offset)
      moved.offset -= back
      moved.allowance += back
    }
    delete gone[address]
    // It was there before, and was not read: what it counted until now may have been taken before, or by nobody.
    const joins = isBeside || (old === undefined && since !== undefined && since < before.since)
    if (joins) {
      moved.offset -= counts.events
      moved.allowance += counts.events
    }
    moved.sent += sentBy(counts) - (isSame ? sentBy(old.counts) : joins ? sentBy(counts) : 0)
    moved.successes += counts.successes - (isSame ? old.counts.successes : joins ? counts.successes : 0)
    if (isSame) moved.queued += old.counts.pending
    processes[address] = kept(one)
  }
  for (const address of reading.gone) {
    const old = before.processes[address]
    if (old === undefined) continue
    ended.push(old)
    delete processes[address]
    gone[address] = { ...old, offset: before.offset }
  }
  const newest = Object.entries(gone)
    .sort(([, a], [, b]) => b.at - a.at)
    .slice(0, MOST_GONE)
  return { ...moved, processes, ended, several, gone: Object.fromEntries(newest) }
}

/** What is kept of a process until the next reading. */
export const kept = ({ counts, birth, at }: AuditedProcess): AuditedProcess => ({ counts, birth, at })

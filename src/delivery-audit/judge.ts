import type { AuditedProcess, AuditState } from './audit-state.ts'
import { type Birth, type Counts, sentBy } from './counts.ts'
import { followProcesses, kept } from './follow-processes.ts'
import { noticeLoss, noticeQueue, noticeUnread } from './notice.ts'

/** All processes of a registry at about one moment, and what the intake had taken before and after they were asked. */
export interface Reading {
  /** epoch µs */
  at: number
  takenBefore: number
  takenAfter: number
  processes: readonly {
    address: string
    counts: Counts
    birth: Birth
    recentCollections: readonly number[]
    /** By the clock of the registry, epoch µs. */
    at: number
  }[]
  /** Addresses that DNS does not name any more and that do not answer. */
  gone: readonly string[]
  failed: readonly { address: string; problem: string }[]
}

export type News = 'growing' | 'drained' | 'unread' | 'read'

/** What a reading shows. */
export interface Verdict {
  state: AuditState
  /** Events that were not taken. `isAtLeast`: a process ended, and may have had more since it was read last. */
  loss?: { count: number; since: number; isAtLeast: boolean }
  /** Events may be missing, and how many is not known. */
  doubt?: { since: number; reason: string }
  /** The time of the reading by the clock of the registry, epoch µs. */
  at: number
  /** Events lost that are to be told to people now, with those that were lost since they were told last. */
  announced: number
  news: readonly News[]
}

const SEVERAL = 'several processes answer there: name each of them in url, or all in pods'

/** A process that ended after more than this without a reading may have sent anything meanwhile, in µs. */
const UNSEEN_US = 180_000_000

/**
 * Compares what the processes of a registry counted with what the intake took.
 *
 * An event that a process counts as sent was taken before, since it is counted as taken before it is answered. So if the
 * metrics are read first and the intake's count after them, what is sent can exceed what was taken only by a loss. And what
 * was taken before the metrics were read can exceed what all processes counted only by events of others. Both counts are sums
 * over all processes: nothing tells which process sent an event, since metrics lack the id that events have.
 *
 * What is missing in two readings is lost: a registry may give up an event whose answer is late. What a process had in its
 * queue when it ended is lost at once. A process that appears counts from 0 and is no reason to doubt anything.
 */
export function judge(before: AuditState | undefined, given: Reading, source: string): Verdict {
  if (before === undefined || before.source !== source) return begin(before, given, source)
  // It only grows. Redis has lost it, and this state was saved after that.
  if (given.takenBefore < before.taken) return begin(before, given, source)
  const moved = followProcesses(before, given)
  const { processes, ended, gone } = moved
  const several = moved.several.map((address) => ({ address, problem: SEVERAL }))
  const reading = { ...given, failed: [...given.failed, ...several] }
  const all = Object.values(processes)
  const endedEvents = before.endedEvents - moved.returned + sum(ended, ({ counts }) => counts.events)

  // What others sent now may have been taken before, if it was in their queues.
  const left = Math.max(0, reading.takenAfter - before.taken - moved.sent + moved.queued)
  const isIncomplete = ended.length > 0 || reading.failed.length > 0
  const allowance = before.allowance + moved.allowance + (isIncomplete ? left : 0)
  let offset = before.offset + moved.offset
  // A process that does not answer has counted more than is known.
  const most = reading.takenBefore + before.told - sum(all, ({ counts }) => counts.events) - endedEvents
  const rise = reading.failed.length > 0 ? 0 : Math.max(0, most - offset)
  offset += rise
  const uncounted = Math.max(0, rise - allowance)

  const sent = sum(all, ({ counts }) => sentBy(counts))
  const missing = Math.max(0, sent + endedEvents + offset - before.told - reading.takenAfter)
  const lost = ended.length > 0 ? missing : Math.min(missing, before.suspect)
  const since = Math.min(before.cleanAt, ...ended.map(({ at }) => at))
  const reason = lost > 0 ? undefined : doubtAbout(ended, left, reading.at)
  const counted: AuditState = {
    ...before,
    ...{ processes, gone, endedEvents, offset, taken: reading.takenBefore },
    allowance: Math.max(0, allowance - rise),
    readAt: reading.failed.length === 0 ? reading.at : before.readAt,
    cleanAt: missing === lost ? clockOf(reading) : before.cleanAt,
    uncounted: before.uncounted + uncounted,
    uncountedAt: uncounted > 0 ? reading.at : before.uncountedAt,
    suspect: missing - lost,
    told: before.told + lost,
    lost: before.lost + lost,
    lastLoss: lost > 0 ? { at: clockOf(reading), count: lost } : before.lastLoss,
  }
  const queue = noticeQueue(counted, moved.successes)
  const unread = noticeUnread(queue.state, reading)
  const { state, announced } = noticeLoss(unread.state, lost, reading.at)
  return {
    ...{ state, announced, at: clockOf(reading) },
    ...(lost > 0 && { loss: { count: lost, since, isAtLeast: ended.length > 0 } }),
    ...(reason !== undefined && { doubt: { since: Math.min(...ended.map(({ at }) => at)), reason } }),
    news: [...queue.news, ...unread.news],
  }
}

/** The first reading, or the first one of another configuration: it shows nothing yet, but what it begins with. */
function begin(before: AuditState | undefined, reading: Reading, source: string): Verdict {
  const processes = Object.fromEntries(reading.processes.map((one) => [one.address, kept(one)]))
  const all = Object.values(processes)
  const events = sum(all, ({ counts }) => counts.events)
  const inQueues = events - sum(all, ({ counts }) => sentBy(counts))
  const at = clockOf(reading)
  const state: AuditState = {
    ...{ source, since: at, cleanAt: at, readAt: reading.failed.length === 0 ? reading.at : 0 },
    ...{ taken: reading.takenBefore, processes, gone: {}, endedEvents: 0 },
    offset: reading.takenBefore - events,
    allowance: Math.max(0, inQueues) + reading.takenAfter - reading.takenBefore,
    ...{ uncounted: 0, uncountedAt: 0, suspect: 0, told: 0 },
    ...{ lost: before?.lost ?? 0, lastLoss: before?.lastLoss ?? null },
    ...{ pending: 0, growing: 0, isGrowing: before?.isGrowing ?? false },
    ...{ failing: {}, isUnread: before?.isUnread ?? false },
    ...{ announcedAt: before?.announcedAt ?? 0, unannounced: before?.unannounced ?? 0 },
  }
  const queue = noticeQueue(state, 0)
  const unread = noticeUnread(queue.state, reading)
  return { state: unread.state, at, announced: 0, news: [...queue.news, ...unread.news] }
}

/** Why events may be missing of processes that ended, though none is known to be. `left`: events taken that perhaps nobody else sent. */
function doubtAbout(ended: readonly AuditedProcess[], left: number, now: number): string | undefined {
  if (ended.length === 0) return undefined
  const pending = sum(ended, ({ counts }) => counts.pending)
  if (pending > 0) return `a process of the registry ended with events in its queue: ${pending}`
  if (left > 0) return 'a process of the registry ended while it sent events, and may have had more'
  if (ended.some(({ at }) => now - at > UNSEEN_US))
    return 'a process of the registry ended, and its metrics could not be read before'
  return undefined
}

/** The time of a reading by the clock of the registry, which dates reconciles. */
const clockOf = ({ at, processes }: Reading): number => Math.min(at, ...processes.map((one) => one.at))

const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0)

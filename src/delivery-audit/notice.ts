import type { AuditState } from './audit-state.ts'
import type { News, Reading } from './judge.ts'

/** The news and the state after them. */
interface Noticed {
  state: AuditState
  news: News[]
}

/** In how many readings in a row a queue must grow, or stand still, before that is told. */
const READINGS = 3

/** Events of a process in its queue that are nothing, as long as some are delivered: pushes come in bursts. */
const BURST = 10

/** How long something cannot be read before that is told, in µs. */
const LONG_US = 900_000_000

/** How often a loss is told, at most, in µs: something between both may swallow an event each minute. */
const AGAIN_US = 3_600_000_000

/** Adds up what was lost, and says how much of it is to be told at `at`. */
export function noticeLoss(
  state: AuditState,
  lost: number,
  at: number,
): { state: AuditState; announced: number } {
  const unannounced = state.unannounced + lost
  if (unannounced === 0 || at - state.announcedAt < AGAIN_US)
    return { state: { ...state, unannounced }, announced: 0 }
  return { state: { ...state, announcedAt: at, unannounced: 0 }, announced: unannounced }
}

/** Looks at the queues of a registry. `delivered`: events that it delivered since the last reading. */
export function noticeQueue(state: AuditState, delivered: number): Noticed {
  const processes = Object.values(state.processes)
  const pending = processes.reduce((sum, { counts }) => sum + counts.pending, 0)
  const stands = delivered === 0 && pending > 0 && pending >= state.pending
  const grows = pending > state.pending && pending > BURST * processes.length
  const growing = stands || grows ? state.growing + 1 : 0
  const isDrained = pending === 0 || (delivered > 0 && pending <= processes.length)
  const isGrowing = state.isGrowing ? !isDrained : growing >= READINGS
  return {
    state: { ...state, pending, growing, isGrowing },
    news: turn(state.isGrowing, isGrowing, 'growing', 'drained'),
  }
}

/** Looks at what cannot be read. */
export function noticeUnread(state: AuditState, { at, failed }: Pick<Reading, 'at' | 'failed'>): Noticed {
  const failing = Object.fromEntries(
    failed.map(({ address, problem }) => [address, { since: state.failing[address]?.since ?? at, problem }]),
  )
  const isLong = Object.values(failing).some(({ since }) => at - since >= LONG_US)
  const isUnread = failed.length > 0 && (state.isUnread || isLong)
  return { state: { ...state, failing, isUnread }, news: turn(state.isUnread, isUnread, 'unread', 'read') }
}

const turn = (was: boolean, is: boolean, begins: News, ends: News): News[] =>
  was === is ? [] : [is ? begins : ends]

import { timeAfter } from '../platform/time-after.ts'
import { daysUntil, type Forecast, type Reached } from './forecast.ts'
import type { ForecastQuota } from './outlook.ts'
import { DAY_MS, dayOf } from './sample.ts'

/** Whether people were told that a project will soon pass its limit, and how often that changed. */
export interface ForecastState {
  isSoon: boolean
  change: number
  /** The time of the last alert, RFC 3339; `null` if there was none. */
  toldAt: string | null
}

export const NEVER_SOON: ForecastState = { isSoon: false, change: 0, toldAt: null }

/** What is told once is taken back only when the limit is this many times as far away. */
const HYSTERESIS = 1.5

export interface ForecastChange {
  state: ForecastState
  /** What people are to be told; absent if nothing. */
  tell?: { at: string; isSoon: boolean; reached: Reached }
}

/**
 * Decides whether people are told that a project will likely pass the limit of its quota within `willExceedWithinMs`, or that
 * it will not any more. Each change is told once. Once the limit is passed, the alert about that tells it, and the state stays:
 * what a channel opened for it, such as an incident, is resolved when the limit is out of sight again. With too little data the
 * state stays, too, unless a clean-up made it so.
 */
export function forecastAlert(
  state: ForecastState,
  { forecast, bytes, quota }: { forecast: Forecast; bytes: number; quota: ForecastQuota | undefined },
  now: number,
): ForecastChange {
  if (quota?.willExceedWithinMs === undefined)
    return { state: { ...state, isSoon: false, change: state.change + (state.isSoon ? 1 : 0) } }
  if (bytes > quota.limitBytes) return { state }
  if (forecast.kind === 'tooLittle' && forecast.cleanedUpOn === undefined) return { state }
  const reached = daysUntil(forecast, quota.limitBytes, dayOf(now))
  const withinDays = (quota.willExceedWithinMs / DAY_MS) * (state.isSoon ? HYSTERESIS : 1)
  const isSoon = reached.likely !== null && reached.likely <= withinDays
  if (isSoon === state.isSoon) return { state }
  const toldAt = timeAfter(state.toldAt, new Date(now))
  return { state: { isSoon, change: state.change + 1, toldAt }, tell: { at: toldAt, isSoon, reached } }
}

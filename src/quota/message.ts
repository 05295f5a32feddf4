import { formatDuration } from '../platform/units.ts'
import type { Flag, QuotaChangeAlert, QuotaOverride } from '../queue/alert.ts'
import { amountOf } from './amount.ts'

/** What an alert tells. */
export interface Told extends Pick<QuotaChangeAlert, 'from' | 'to' | 'measure' | 'used' | 'limit' | 'mark'> {
  /** How people call what the quota is for. */
  name: string
  /** How long it must be past the limit before it is `over`, in ms. */
  graceMs: number
  /** How long it is over, in ms, if that is what is told. */
  overForMs?: number | undefined
  lastPushedBy?: string | undefined
  override?: QuotaOverride | undefined
}

/** The text of an alert: one line. */
export function message(told: Told): string {
  const { name, to, lastPushedBy, override } = told
  const by = to === 'ok' || lastPushedBy === undefined ? '' : ` Last push by ${lastPushedBy}.`
  return `${name} ${stateText(told)}.${override === undefined ? '' : ` ${overrideText(override)}`}${by}`
}

/** The text of an alert that a subject has no quota any more. */
export const endMessage = (name: string, from: Flag): string =>
  `${name} has no quota any more. It was ${from === 'over' ? 'over' : 'close to'} its quota.`

function stateText({ from, to, measure, used, limit, mark, graceMs, overForMs }: Told): string {
  const amount = amountOf(measure, used, limit)
  // Rounded down: 99.9 % must not read as 100 %.
  const percent = `${Math.floor((used * 100) / limit)} %`
  if (to === 'ok') return `is back under its ${from === 'over' ? 'quota' : 'warning mark'}: ${amount}`
  if (to === 'over')
    return overForMs === undefined
      ? `is OVER its quota: ${amount}`
      : `has been OVER its quota for ${formatDuration(overForMs)}: ${amount}`
  if (used > limit)
    return `is past its quota: ${amount}. It is over if that lasts for ${formatDuration(graceMs)}`
  if (from === 'over') return `is no longer over its quota: ${amount}, which is ${percent}`
  return `is at ${percent} of its quota: ${amount} (warning from ${Math.round((mark ?? 0) * 100)} %)`
}

/** For example `The limit was set by ann until 2026-05-01T10:00:00.000Z: the release`. */
function overrideText({ by, why, until }: QuotaOverride): string {
  return `The limit was set by ${by ?? 'hand'}${until === null ? '' : ` until ${until}`}${why === null ? '' : `: ${why}`}.`
}

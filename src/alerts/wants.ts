import { makeGlob } from '../platform/glob.ts'
import type { Alert } from '../queue/alert.ts'
import { ALERT_KINDS, type AlertKind, kindOf, SEVERITY_OF } from '../queue/alert-kinds.ts'

/** Which kinds of alerts a channel gets: globs, and how urgent an alert must be. */
export interface Wanted {
  kinds: readonly string[]
  severity: 'info' | 'warning' | 'critical'
}

const RANKS = { info: 0, resolved: 0, warning: 1, critical: 2 }

export function makeWants({ kinds, severity }: Wanted): (kind: AlertKind) => boolean {
  const globs = kinds.map(makeGlob)
  const wanted = ALERT_KINDS.filter(
    (kind) => RANKS[SEVERITY_OF[kind]] >= RANKS[severity] && globs.some((matches) => matches(kind)),
  )
  return (kind) => wanted.includes(kind)
}

/** Whether a channel gets an alert: also of a change away from a state that it wants, or it would believe in that for ever. */
export const isWanted = (alert: Alert, wants: (kind: AlertKind) => boolean): boolean =>
  wants(kindOf(alert)) ||
  (kindOf(alert) === 'images.whole' && wants('images.broken')) ||
  ('to' in alert && alert.from !== 'ok' && wants(`quota.${alert.from}`))

/** What `config check` says of channels that can get nothing. */
export const warningsAboutChannels = (channels: readonly (Wanted & { name: string })[]): string[] =>
  channels
    // A channel without kinds is one for escalations.
    .filter((channel) => channel.kinds.length > 0 && !ALERT_KINDS.some(makeWants(channel)))
    .map(
      ({ name, kinds, severity }) =>
        `alerts: the channel ${name} can get nothing: no alert of the kinds ${kinds.join(', ')} is as urgent as ${severity}`,
    )

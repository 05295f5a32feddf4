import { type Static, Type } from 'typebox'

/** A project's quota state: `warning` from the warning mark on, `over` past the limit, `ok` otherwise. */
export const Flag = Type.Union([Type.Literal('ok'), Type.Literal('warning'), Type.Literal('over')])
export type Flag = Static<typeof Flag>

/** An alert about a change of a project's flag. */
export const QuotaAlert = Type.Object({
  /** The same in every attempt to send the alert, so a receiver can drop repeated ones. */
  id: Type.String({ pattern: '^[A-Za-z0-9_-]+$' }),
  /** When the flag changed, RFC 3339. */
  at: Type.String(),
  /** The project's path in its registry, such as `team-a/app`. */
  project: Type.String(),
  registry: Type.String(),
  from: Flag,
  to: Flag,
  /** Bytes that count against the quota. */
  uniqueBytes: Type.Integer({ minimum: 0 }),
  /** The quota's limit, in bytes. */
  limitBytes: Type.Integer({ minimum: 0 }),
  /** Who made the last push to the project. Absent if it is not known. */
  lastPushedBy: Type.Optional(Type.String()),
  /** The message for people. */
  text: Type.String(),
})
export type QuotaAlert = Static<typeof QuotaAlert>

/** An alert about a registry as a whole. `id`, `at` and `text` are those of a `QuotaAlert`. */
export const RegistryAlert = Type.Object({
  id: Type.String({ pattern: '^[A-Za-z0-9_-]+$' }),
  at: Type.String(),
  registry: Type.String(),
  event: Type.Literal('reconcile.held', {
    description: 'A reconcile would remove too much, and removed nothing.',
  }),
  text: Type.String(),
})
export type RegistryAlert = Static<typeof RegistryAlert>

/** An alert. It travels through the `alerts` queue and is kept in the journal. */
export const AlertRecord = Type.Union([QuotaAlert, RegistryAlert])
export type Alert = Static<typeof AlertRecord>

/** Quota alerts that were not sent to a channel one by one, since there were too many. */
export interface AlertSummary {
  id: string
  /** The end of the time that it covers, RFC 3339. */
  at: string
  /** How many alerts were held back. */
  count: number
  /** How long the time is that it covers. */
  minutes: number
  /** The newest of each project, the oldest first; ten at most. */
  latest: readonly QuotaAlert[]
  /** The message for people. */
  text: string
}

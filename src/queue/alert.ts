import { type Static, Type } from 'typebox'

/** A project's quota state: under its warning mark, past it, or past the limit. */
export const Flag = Type.Union([Type.Literal('ok'), Type.Literal('warning'), Type.Literal('over')])
export type Flag = Static<typeof Flag>

/** An alert: one change of a project's flag. It travels through the `alerts` queue and is kept in the journal. */
export const AlertRecord = Type.Object({
  /** The same over every retry, so that a receiver can drop a repeated one. */
  id: Type.String({ pattern: '^[A-Za-z0-9_-]+$' }),
  /** When the flag changed, RFC 3339. */
  at: Type.String(),
  /** Path inside the registry, such as `team-a/app`. */
  project: Type.String(),
  registry: Type.String(),
  from: Flag,
  to: Flag,
  /** What the quota counts, in bytes. */
  uniqueBytes: Type.Integer({ minimum: 0 }),
  /** The quota, in bytes. */
  limitBytes: Type.Integer({ minimum: 0 }),
  /** The sentence people read. */
  text: Type.String(),
})
export type Alert = Static<typeof AlertRecord>

import { type Static, Type } from 'typebox'
import { Flag } from '../quota/flag.ts'

/** An alert as the journal keeps it: one change of a project's flag, told to every channel. */
export const AlertRecord = Type.Object({
  /** `[A-Za-z0-9_-]`, the same over every retry, so that a receiver can drop what it has seen. */
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

import { randomUUID } from 'node:crypto'
import { type Static, Type } from 'typebox'
import { type Journal, makeJournal } from '../store/journal.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { keepFor } from '../store/retention.ts'

/** What somebody or something did, or asked for. */
export const AuditEntry = Type.Object({
  id: Type.String({ description: 'The id of the entry.' }),
  at: Type.String({ description: 'When, RFC 3339.' }),
  by: Type.String({
    description: 'Who or what: a token and the address that it came from, or the schedule.',
  }),
  action: Type.String({
    pattern: '^[a-z]+\\.[a-z]+$',
    description:
      'Such as `run.asked`, `run.started`, `run.ended`, `run.stopped`, `trash.restored`, `trash.purged`, `tag.settled`, `keep.added`, `keep.removed`, `promotion.rolledback`, `repair.asked`, `repair.ended`, `quota.set`, `quota.cleared`, `snooze.added`, `snooze.removed`, `token.created`, `token.revoked`, `session.ended`, `store.accepted`.',
  }),
  registry: Type.Optional(Type.String({ description: 'The registry that it is about.' })),
  policy: Type.Optional(Type.String({ description: 'The policy.' })),
  run: Type.Optional(Type.String({ description: 'The id of the run.' })),
  promotion: Type.Optional(Type.String({ description: 'The id of the promotion.' })),
  project: Type.Optional(Type.String({ description: 'The project, `registry/path`.' })),
  image: Type.Optional(
    Type.String({ description: 'The image, `registry/repository@digest` or `registry/repository:tag`.' }),
  ),
  projects: Type.Optional(
    Type.Array(Type.String(), {
      description:
        'Globs over `registry/path`: the projects that a run is limited to, or that a token is for.',
    }),
  ),
  token: Type.Optional(Type.String({ description: 'The name of the token.' })),
  verbs: Type.Optional(Type.Array(Type.String(), { description: 'The verbs of the token.' })),
  dryRun: Type.Optional(Type.Boolean({ description: 'Whether the run only plans.' })),
  plan: Type.Optional(Type.String({ description: 'The id of the plan that was applied.' })),
  acceptShare: Type.Optional(Type.Boolean({ description: 'Whether more than `expiry.maxShare` may go.' })),
  counts: Type.Optional(
    Type.Record(Type.String(), Type.Integer(), {
      description:
        'Numbers of images and single tags, by what becomes of them; of bytes; and of held projects.',
    }),
  ),
  outcome: Type.Optional(Type.String({ description: 'How it ended.' })),
  until: Type.Optional(
    Type.String({
      description:
        'Until when an image is kept, a project is snoozed or a token holds, RFC 3339. Absent: for ever.',
    }),
  ),
  why: Type.Optional(Type.String({ description: 'The reason, for people.' })),
})
export type AuditEntry = Static<typeof AuditEntry>

/** Adds an entry to the audit. @throws if the store fails */
export type Audit = (entry: Omit<AuditEntry, 'id' | 'at'>) => Promise<void>

/**
 * The audit: what was asked for and done, the newest entry first. Entries are only added; those of days before `keepMs` are
 * deleted. `now` gives epoch ms.
 */
export function makeAudit(deps: {
  store: ObjectStore
  keepMs: number
  now: () => number
  onUnreadable: (key: string, error: Error) => void
  /** What failed when old entries were to be deleted. */
  onError: (error: Error) => void
}): Pick<Journal<AuditEntry>, 'recent' | 'positionOf'> & { audit: Audit } {
  const journal = keepFor(makeJournal({ ...deps, kind: 'audit', schema: AuditEntry }), deps)
  return {
    recent: journal.recent,
    positionOf: journal.positionOf,
    audit: (entry) => journal.append({ id: randomUUID(), at: new Date(deps.now()).toISOString(), ...entry }),
  }
}

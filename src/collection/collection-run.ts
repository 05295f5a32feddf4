import { type Static, Type } from 'typebox'
import { OUTCOMES } from './run-state.ts'

const Amount = (description: string) =>
  Type.Union(
    [
      Type.Object({
        blobs: Type.Integer({ minimum: 0, description: 'How many blobs.' }),
        bytes: Type.Integer({ minimum: 0, description: 'Their bytes.' }),
      }),
      Type.Null(),
    ],
    { description },
  )

const instant = (description: string) => Type.String({ format: 'date-time', description })

/** One phase of a run. */
export const PhaseRecord = Type.Object({
  phase: Type.String({
    description:
      'What was done: `survey`, `check`, `readOnlyOn`, `drain`, `collect`, `flushCache`, `readOnlyOff`, `compare`.',
  }),
  at: instant('When it began.'),
  tookMs: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
    description: 'How long it took, in ms. Null: it has not ended, or the process died meanwhile.',
  }),
  error: Type.Optional(Type.String({ description: 'Why it did not succeed.' })),
  output: Type.Optional(
    Type.String({
      description: 'The end of what the hook printed or answered. Control characters are escaped.',
    }),
  ),
  note: Type.Optional(Type.String({ description: 'What else is to be known.' })),
})
export type PhaseRecord = Static<typeof PhaseRecord>

export const CollectionMode = Type.Enum(['conduct', 'barrier'], {
  description:
    "`conduct`: the registry's own collector runs, between hooks. `barrier`: Tallyman moves the garbage away itself.",
})
export type CollectionMode = Static<typeof CollectionMode>

/** A collection of garbage of one registry: what was asked, what was done, and what came of it. */
export const CollectionRun = Type.Object({
  id: Type.String({ pattern: '^[A-Za-z0-9_-]+$', description: 'The id of the collection.' }),
  at: instant('When it was asked for.'),
  registry: Type.String({ description: 'The registry.' }),
  mode: CollectionMode,
  dryRun: Type.Boolean({
    description: 'Whether it only looks what speaks against it, and what it would free.',
  }),
  force: Type.Boolean({ description: 'Whether it runs whatever speaks against it.' }),
  by: Type.String({ description: 'Who or what asked for it.' }),
  phase: Type.String({ description: 'What is done now: a phase, `waiting` or `ended`.' }),
  isHeld: Type.Boolean({ description: 'Whether the registry may be read-only by it.' }),
  hasCollected: Type.Boolean({ description: 'Whether the collector was called.' }),
  phases: Type.Array(PhaseRecord, { description: 'What was done so far.' }),
  problems: Type.Array(Type.String(), { description: 'What speaks against it.' }),
  promised: Amount('What it would free, by the survey before. Null: not known, or not yet.'),
  freed: Amount('What is gone, by the survey after. Null: not known, or not yet.'),
  differences: Type.Array(Type.String(), {
    description: 'Why what was freed is not what was promised.',
  }),
  pauseMs: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
    description:
      'How long writes may have been refused, in ms: from the call of `readOnlyOn` until `readOnlyOff` was done. Clients saw it for no longer. Null: it was not read-only, or still is.',
  }),
  outcome: Type.Union([Type.Enum([...OUTCOMES]), Type.Null()], {
    description:
      '`done`: the collector has run. `planned`: a dry run. `refused`: see `problems`. `stopped`: by somebody. `failed`, `interrupted`: see `error`. Null: it has not ended.',
  }),
  error: Type.Union([Type.String(), Type.Null()], { description: 'Why it is not `done`.' }),
  endedAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], { description: 'When it ended.' }),
  /** The group of processes of the hook that runs, and where. */
  hook: Type.Optional(
    Type.Object(
      {
        place: Type.String({ description: 'The machine, and its namespace of processes.' }),
        host: Type.String({ description: 'The name of the host.' }),
        group: Type.Integer({ description: 'The id of its group of processes.' }),
      },
      { description: 'The program that runs.' },
    ),
  ),
})
export type CollectionRun = Static<typeof CollectionRun>

import { type Static, Type } from 'typebox'

/** What a job that wrote a snapshot leaves behind. */
export const WriteResult = Type.Object({
  /** null where the index was empty and nothing was written. */
  key: Type.Union([Type.String(), Type.Null()]),
  projects: Type.Integer(),
  facts: Type.Integer(),
  /** Keys of the snapshots that were more than are to be kept. */
  deleted: Type.Array(Type.String()),
})
export type WriteResult = Static<typeof WriteResult>

/** What a job that restored a snapshot leaves behind. */
export const RestoreResult = Type.Object({
  key: Type.String(),
  projects: Type.Integer(),
  facts: Type.Integer(),
  /** Registries that are reconciled now. */
  reconciling: Type.Array(Type.String()),
  /** Registries in the snapshot that are not configured: nothing of theirs was restored. */
  skipped: Type.Array(Type.String()),
})
export type RestoreResult = Static<typeof RestoreResult>

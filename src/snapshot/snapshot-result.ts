import { type Static, Type } from 'typebox'

/** The result of a job that writes a snapshot. */
export const WriteResult = Type.Object({
  /** null if the index is empty: no snapshot was written. */
  key: Type.Union([Type.String(), Type.Null()]),
  projects: Type.Integer(),
  facts: Type.Integer(),
  /** Keys of the old snapshots that were deleted. */
  deleted: Type.Array(Type.String()),
})
export type WriteResult = Static<typeof WriteResult>

/** The result of a job that restores a snapshot. */
export const RestoreResult = Type.Object({
  key: Type.String(),
  projects: Type.Integer(),
  facts: Type.Integer(),
  /** Registries for which a reconcile was enqueued. */
  reconciling: Type.Array(Type.String()),
  /** Registries in the snapshot that are not configured. They are not restored. */
  skipped: Type.Array(Type.String()),
})
export type RestoreResult = Static<typeof RestoreResult>

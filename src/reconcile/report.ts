import { type Static, Type } from 'typebox'
import { Drift } from './drift.ts'

/** What a reconcile found and did. */
export const ReconcileReport = Type.Object({
  registry: Type.String(),
  method: Type.Union([Type.Literal('api'), Type.Literal('storage')], {
    description: 'The API shows no untagged manifests that were never heard of, and no unreferenced blobs.',
  }),
  reason: Type.String({ description: 'Why it ran.' }),
  dryRun: Type.Boolean({ description: 'Whether it only looked.' }),
  readAt: Type.String({ format: 'date-time', description: 'The moment for which the index was made true.' }),
  finishedAt: Type.String({ format: 'date-time' }),
  repositories: Type.Integer({ description: 'Repositories compared.' }),
  drift: Drift,
  failed: Type.Integer({ description: 'Repositories and listings that could not be read.' }),
  failures: Type.Array(Type.String(), { description: 'The first of them, with reasons.' }),
  unreadable: Type.Integer({
    description: 'Manifests and tags that could not be read, and were left as they were.',
  }),
  stored: Type.Union([Type.Object({ blobs: Type.Integer(), bytes: Type.Integer() }), Type.Null()], {
    description: 'What the storage holds, referenced or not; null over the API.',
  }),
})
export type ReconcileReport = Static<typeof ReconcileReport>

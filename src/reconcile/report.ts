import { type Static, Type } from 'typebox'
import { Drift } from './drift.ts'

/** What a reconcile found and did. */
export const ReconcileReport = Type.Object({
  registry: Type.String(),
  method: Type.Union([Type.Literal('api'), Type.Literal('storage')], {
    description:
      'How the registry was read. The API shows neither unreferenced blobs nor untagged manifests that the index does not have.',
  }),
  reason: Type.String({ description: 'Why it ran.' }),
  dryRun: Type.Boolean({ description: 'Whether it only compared.' }),
  readAt: Type.String({ format: 'date-time', description: 'The time as of which the index was made exact.' }),
  finishedAt: Type.String({ format: 'date-time' }),
  repositories: Type.Integer({ description: 'Repositories that were compared.' }),
  drift: Drift,
  failed: Type.Integer({ description: 'Repositories and listings that could not be read.' }),
  failures: Type.Array(Type.String(), { description: 'The first 20 of them, with reasons.' }),
  unreadable: Type.Integer({
    description: 'Manifests and tags that could not be read and were left as they were.',
  }),
  stored: Type.Union([Type.Object({ blobs: Type.Integer(), bytes: Type.Integer() }), Type.Null()], {
    description: 'All blobs in the storage, referenced or not. Null if the registry was read over the API.',
  }),
})
export type ReconcileReport = Static<typeof ReconcileReport>

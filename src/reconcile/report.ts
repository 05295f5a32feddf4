import { type Static, Type } from 'typebox'
import { Drift } from './drift.ts'
import { GitLabSize } from './gitlab-size.ts'
import { Hold } from './hold.ts'

const Stored = Type.Object({
  blobs: Type.Integer({ description: 'How many there are.' }),
  bytes: Type.Integer({ description: 'Their size.' }),
})

/** What a reconcile found and did. */
export const ReconcileReport = Type.Object({
  registry: Type.String({ description: 'The registry, by its name in the configuration.' }),
  method: Type.Union([Type.Literal('api'), Type.Literal('storage'), Type.Literal('events')], {
    description:
      'How the registry was read. The API shows neither unreferenced blobs nor untagged manifests that the index does not have. `events`: it is a pull-through cache and was not read, since its API answers for its upstream.',
  }),
  reason: Type.String({ description: 'Why it ran.' }),
  dryRun: Type.Boolean({ description: 'Whether it only compared.' }),
  readAt: Type.String({ format: 'date-time', description: 'The time as of which the index was made exact.' }),
  finishedAt: Type.String({ format: 'date-time', description: 'When it ended.' }),
  repositories: Type.Integer({ description: 'Repositories that were compared.' }),
  drift: Type.Object(Drift.properties, {
    description: 'How the index and the registry differed.',
  }),
  hold: Type.Union([Hold, Type.Null()], {
    description:
      'If more than half of what was read is missing, nothing is removed from the index. Null otherwise.',
  }),
  failed: Type.Integer({ description: 'Repositories and listings that could not be read.' }),
  failures: Type.Array(Type.String(), { description: 'The first 20 of them, with reasons.' }),
  unreadable: Type.Integer({
    description: 'Manifests and tags that could not be read and were left as they were.',
  }),
  unreadableRepositories: Type.Integer({ description: 'The number of repositories that they are in.' }),
  unreadableImages: Type.Array(
    Type.Object({
      repository: Type.String({ description: 'Where it is.' }),
      image: Type.String({ description: 'A tag or a digest.' }),
      reason: Type.String({ description: 'Why it could not be read.' }),
    }),
    { description: 'The first 50 of them.' },
  ),
  stored: Type.Union([Stored, Type.Null()], {
    description: 'All blobs in the storage, referenced or not. Null if the registry was read over the API.',
  }),
  gitlab: Type.Optional(
    Type.Object(GitLabSize.properties, { description: "What GitLab's registry says of its size." }),
  ),
})
export type ReconcileReport = Static<typeof ReconcileReport>

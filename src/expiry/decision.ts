import { type Static, Type } from 'typebox'
import { Undo } from './undo.ts'

/** What a policy does with one image (a manifest in a repository), and why. */
export const Decision = Type.Object({
  project: Type.String({ description: 'The project, `registry/path`.' }),
  repository: Type.String({ description: 'The repository in the registry.' }),
  digest: Type.String({ description: 'The digest of the manifest.' }),
  tags: Type.Array(Type.String(), { description: 'The tags that name it.' }),
  verdict: Type.Union([Type.Literal('delete'), Type.Literal('untag'), Type.Literal('keep')], {
    description:
      'What the policy does with it. `untag`: some of its tags go, and it stays for the others: see `untag`.',
  }),
  untag: Type.Optional(
    Type.Array(Type.String(), { description: 'The tags that go, if the image stays for others.' }),
  ),
  rule: Type.Union([Type.String(), Type.Null()], {
    description:
      'The name of the rule that decided, or the dialect of the policy if that decided; null if neither did.',
  }),
  reason: Type.String({ description: 'Why, for people.' }),
  isLeft: Type.Optional(
    Type.Literal(true, { description: 'No rule keeps it, and none expires it: `evict` may take it.' }),
  ),
  isUnread: Type.Optional(
    Type.Literal(true, {
      description: 'It stays only because an image of its repository is new and was not read yet.',
    }),
  ),
  nearMisses: Type.Optional(
    Type.Array(Type.String(), { description: 'Rules that nearly decided otherwise, a sentence each.' }),
  ),
  reclaimableBytes: Type.Optional(
    Type.Integer({
      description:
        'Bytes that the registry can free once this image and all before it in the plan are deleted, in addition to those before it. Absent if it is kept, or if the plan has no bytes.',
    }),
  ),
  uniqueBytes: Type.Optional(
    Type.Integer({
      description: "The same of the project's unique bytes, which count against its quota.",
    }),
  ),
})
export type Decision = Static<typeof Decision>

/** An image that the plan of a run deletes, and what became of it. */
export const Deleted = Type.Object({
  ...Decision.properties,
  outcome: Type.Union(
    [
      Type.Literal('planned'),
      Type.Literal('deleted'),
      Type.Literal('untagged'),
      Type.Literal('absent'),
      Type.Literal('moved'),
      Type.Literal('refused'),
      Type.Literal('failed'),
    ],
    {
      description:
        '`planned`: this was a dry run. `untagged`: the tag in `untag` was deleted, and the image stays for others. `absent`: the registry no longer had the image, or the tag. `moved`: the image was kept, because the plan no longer deletes it, one of its tags at the registry points elsewhere, the registry cannot read a tag that may name it, it belongs to an image that was kept, or its manifest names a subject that no event told. `refused`: the registry keeps it. `failed`: a request for it failed; a later run tries again.',
    },
  ),
  why: Type.Optional(Type.String({ description: 'What the registry answered, or what has moved.' })),
  bytes: Type.Optional(
    Type.Integer({
      description:
        'Bytes that the registry can free since it was deleted, in addition to those deleted before it. 0 if it was not.',
    }),
  ),
})
export type Deleted = Static<typeof Deleted>

/** A project in which a run deletes nothing, or no more: its plan deletes too many of the images or tags. */
export const Held = Type.Object({
  project: Type.String({ description: 'registry/path' }),
  deletes: Type.Integer({ description: 'Images that the plan deletes.' }),
  images: Type.Integer({ description: 'Images of the project that the policy is about.' }),
  untags: Type.Integer({ description: 'Tags that the plan deletes alone.' }),
  tags: Type.Integer({ description: 'Tags of these images.' }),
  bytes: Type.Integer({ description: 'Bytes that the registry could free if the plan were carried out.' }),
  deleted: Type.Optional(
    Type.Integer({
      description:
        'Images and single tags that the run had deleted there when its plan of then became too large. Absent: it deleted nothing there.',
    }),
  ),
})
export type Held = Static<typeof Held>

export const Progress = Type.Object(
  {
    planned: Type.Integer({ description: 'Images and single tags that the plan deletes.' }),
    plannedBytes: Type.Integer({
      description: 'Bytes that the registry can free once all of them are deleted.',
    }),
    done: Type.Integer({ description: 'Of these, those that are done with, deleted or not.' }),
    freedBytes: Type.Integer({ description: 'Of these bytes, those of the images that were deleted.' }),
  },
  { description: 'How far it is, in images and single tags, and in bytes.' },
)
export type Progress = Static<typeof Progress>

/** What goes in a later run, since its notice is not over. */
export const Noticed = Type.Object({
  images: Type.Integer({ description: 'Images, also those that belong to another one.' }),
  tags: Type.Integer({ description: 'Tags that go alone, since their image stays.' }),
  bytes: Type.Integer({ description: 'Bytes that the registry can free once they are deleted.' }),
  until: Type.String({ description: 'Until then all of it is safe, RFC 3339.' }),
})
export type Noticed = Static<typeof Noticed>

export const RunState = Type.Union(
  [
    Type.Literal('waiting'),
    Type.Literal('running'),
    Type.Literal('done'),
    Type.Literal('stopped'),
    Type.Literal('failed'),
  ],
  {
    description:
      '`waiting`: it has not begun, or goes on later. `stopped`: a person or a change of its policy, or of a quota by which it evicts, ended it. `failed`: an error ended it.',
  },
)
export type RunState = Static<typeof RunState>

const Run = Type.Object({
  id: Type.String({ description: 'The id of the run.' }),
  at: Type.String({ description: 'When it began, RFC 3339.' }),
  policy: Type.String({ description: 'The name of the policy.' }),
  registry: Type.String({ description: 'The registry that it cleans.' }),
  dryRun: Type.Boolean({ description: 'Whether it only planned.' }),
  projects: Type.Optional(
    Type.Array(Type.String(), {
      description: 'Globs over `registry/path`: it looked at these projects only. Absent: at all.',
    }),
  ),
  by: Type.String({ description: 'Who or what asked for it.' }),
  acceptShare: Type.Optional(
    Type.Boolean({ description: 'Whether it may delete more than `expiry.maxShare` of a project.' }),
  ),
  plan: Type.Optional(
    Type.Object(
      {
        id: Type.String({ description: 'The id of the plan.' }),
        asOf: Type.String({ description: 'When that plan was made, RFC 3339.' }),
        images: Type.Integer({ description: 'Images that it deletes at this registry.' }),
        tags: Type.Integer({ description: 'Tags that it deletes alone there.' }),
      },
      {
        description:
          'The plan that somebody has looked at and applied: the run deletes nothing else. Absent: there was none.',
      },
    ),
  ),
  state: RunState,
  progress: Progress,
  kept: Type.Integer({
    description:
      'How many images stay, also those that lose a tag, and those that wait for their notice. In a run that is not dry, without those of projects that are `held`.',
  }),
  announced: Type.Optional(
    Type.Object(Noticed.properties, { description: 'What the run has announced. Absent: nothing.' }),
  ),
  waiting: Type.Optional(
    Type.Object(Noticed.properties, {
      description: 'What earlier runs have announced, and whose notice is not over. Absent: nothing.',
    }),
  ),
  held: Type.Optional(
    Type.Array(Held, {
      description:
        'Projects in which nothing was deleted, or no more: the plan deletes more than `expiry.maxShare`.',
    }),
  ),
  undo: Type.Optional(Undo),
  warnings: Type.Optional(
    Type.Array(Type.String(), {
      description: 'What protects images and could not be read, and evictions that are not enough.',
    }),
  ),
  stopped: Type.Optional(
    Type.String({ description: 'Why the run ended before its end, or waits. What it did is recorded.' }),
  ),
})

/** One run of a policy. */
export const ExpiryRun = Type.Object({
  ...Run.properties,
  /** The images that the plan deletes. A dry run lists them too, and deletes none. */
  deletes: Type.Array(Deleted),
})
export type ExpiryRun = Static<typeof ExpiryRun>

/** A run without its deletes. */
export const RunSummary = Type.Object({
  ...Run.properties,
  kept: Type.Optional(
    Type.Integer({
      description:
        'How many images stay, as in the record of the run. Absent for a token that sees only some of its projects: then all numbers are of these.',
    }),
  ),
  outcomes: Type.Object(
    {
      planned: Type.Integer({ description: 'Images that a dry run would delete.' }),
      plannedTags: Type.Integer({
        description: 'Tags that a dry run would delete, whose image stays for others.',
      }),
      deleted: Type.Integer({ description: 'Images that were deleted.' }),
      untagged: Type.Integer({ description: 'Tags that were deleted, whose image stays for others.' }),
      absent: Type.Integer({ description: 'Images and single tags that the registry no longer had.' }),
      moved: Type.Integer({ description: 'Images and single tags that were kept after all.' }),
      refused: Type.Integer({ description: 'Images and single tags that the registry keeps.' }),
      failed: Type.Integer({ description: 'Images and single tags for which a request failed.' }),
    },
    { description: 'How many images and single tags had each outcome.' },
  ),
})
export type RunSummary = Static<typeof RunSummary>

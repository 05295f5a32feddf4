import { type Static, Type } from 'typebox'

const registry = Type.String({ description: 'Its name in the configuration.' })
const repository = Type.String({ description: 'The name in the registry.' })

const Blobs = (description: string) =>
  Type.Object(
    {
      count: Type.Integer({ description: 'How many blobs.' }),
      bytes: Type.Integer({ description: 'Their sizes, in bytes.' }),
    },
    { description },
  )

/** What a gate said when the image passed. */
export const GatePassed = Type.Object({
  gate: Type.String({ description: 'The name of the gate.' }),
  why: Type.String({ description: 'Why it is open.' }),
  evidence: Type.Optional(Type.Unknown({ description: 'What it saw.' })),
})

/** What a promotion did, or a rollback. */
export const PromotionReceipt = Type.Object({
  id: Type.String({ description: 'The id of the promotion, or of the rollback.' }),
  kind: Type.Enum(['promotion', 'rollback'], {
    description:
      '`promotion`: an image was copied. `rollback`: a tag was put back where it was before a promotion.',
  }),
  rolledBack: Type.Optional(Type.String({ description: 'The id of the promotion that a rollback undid.' })),
  at: Type.String({ description: 'When it ended, RFC 3339.' }),
  askedAt: Type.String({ description: 'When it was asked for, RFC 3339.' }),
  rule: Type.Optional(
    Type.String({ description: 'The name of the rule. Absent if a person asked without one.' }),
  ),
  by: Type.String({ description: 'Who or what asked for it.' }),
  claims: Type.Optional(
    Type.Record(Type.String(), Type.String(), { description: 'What the token of a CI job said of it.' }),
  ),
  from: Type.Object(
    {
      registry,
      repository,
      tag: Type.Optional(Type.String({ description: 'The tag, if it was promoted by its tag.' })),
    },
    { description: 'What was copied; of a rollback, by the promotion that it undid.' },
  ),
  to: Type.Object(
    { registry, repository, tag: Type.String({ description: 'The tag.' }) },
    { description: 'The copy.' },
  ),
  digest: Type.Optional(
    Type.String({ description: 'The manifest that the tag names. Absent if a rollback deleted the tag.' }),
  ),
  replaced: Type.Optional(
    Type.String({ description: 'The manifest that the tag named before. Absent if there was no tag.' }),
  ),
  lostPlatforms: Type.Optional(
    Type.Array(Type.String(), {
      description:
        'Platforms that what the tag named before is for, and the image is not: `linux/arm64`. Absent if there are none.',
    }),
  ),
  manifests: Type.Array(Type.String(), {
    description: 'The digests of all manifests of the image, children before their index.',
  }),
  absent: Type.Array(Type.String(), { description: 'Children of an index that the source does not have.' }),
  leftOut: Type.Array(Type.String(), {
    description: 'Children of an index that are for other platforms than the rule names.',
  }),
  referrers: Type.Array(
    Type.Object({
      digest: Type.String({ description: 'The manifest that refers.' }),
      subject: Type.String({ description: 'To which it refers.' }),
      artifactType: Type.Optional(Type.String({ description: 'What it is.' })),
    }),
    { description: 'Signatures and other artifacts that were copied with it.' },
  ),
  tags: Type.Array(
    Type.Object({
      tag: Type.String({ description: 'The tag.' }),
      digest: Type.String({ description: 'What it names at the target.' }),
      outcome: Type.Enum(['written', 'present', 'kept'], {
        description: '`kept`: the target had another one there, with content that the source does not have.',
      }),
    }),
    { description: 'Its `sha256-…` tags at the target.' },
  ),
  leftBehind: Type.Array(
    Type.Object({
      digest: Type.String({ description: 'The manifest.' }),
      reason: Type.String({ description: 'Why it was not copied.' }),
    }),
    { description: 'What the source lists as referring to it, and cannot give.' },
  ),
  blobs: Type.Object(
    {
      sent: Blobs('Sent to the target.'),
      mounted: Blobs('Taken by the target from another repository of its own.'),
      present: Blobs('At the target before.'),
    },
    { description: 'How the blobs came to the target.' },
  ),
  gates: Type.Array(GatePassed, { description: 'The gates of the rule, and why they were open.' }),
})
export type PromotionReceipt = Static<typeof PromotionReceipt>

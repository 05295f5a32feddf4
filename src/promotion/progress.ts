import { type Static, Type } from 'typebox'

/** What the job of a promotion says of itself while it is not done. */
export const PromotionProgress = Type.Object({
  since: Type.Optional(
    Type.Number({ description: 'From when its waiting counts, epoch ms, if somebody has retried it.' }),
  ),
  why: Type.Optional(Type.String({ description: 'Why it waits.' })),
  seenAt: Type.Optional(
    Type.Number({
      description: 'Since when the source has had the tag on the image, epoch ms, as Tallyman looked.',
    }),
  ),
  gates: Type.Optional(
    Type.Array(
      Type.Object({
        gate: Type.String({ description: 'The name of the gate.' }),
        state: Type.Enum(['open', 'waiting', 'closed'], { description: 'Whether it lets the image pass.' }),
        why: Type.String({ description: 'Why.' }),
      }),
      { description: 'What its gates say.' },
    ),
  ),
  announced: Type.Optional(Type.Boolean({ description: 'Whether chat was told that it waits for people.' })),
  bytes: Type.Optional(Type.Integer({ description: 'Bytes of blobs that are at the target.' })),
  totalBytes: Type.Optional(
    Type.Integer({ description: 'Bytes of the image, as far as its manifests are known.' }),
  ),
})
export type PromotionProgress = Static<typeof PromotionProgress>

/** What a job has kept of its progress. */
export const progressOf = ({ progress }: { progress: unknown }): PromotionProgress =>
  typeof progress === 'object' ? (progress as PromotionProgress) : {}

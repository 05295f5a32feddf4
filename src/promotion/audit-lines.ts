import { type Static, Type } from 'typebox'
import { ExistingFailure } from './existing-lines.ts'
import { PromotionStatus } from './status.ts'

/** A way in which an image at the source and its copy differ. */
export const Difference = Type.Object({
  rule: Type.String({ description: 'The name of the rule.' }),
  image: PromotionStatus.properties.image,
  target: PromotionStatus.properties.target,
  kind: Type.Enum(['absent', 'moved', 'referrer', 'tag', 'refused'], {
    description:
      '`absent`: the target has no such tag. `moved`: the two tags name different images. `referrer`: a signature or another artifact that refers to the image is not at the target. `tag`: nor is what a tag of cosign names. `refused`: the copy can have no such name, or a registry refuses to tell of the image.',
  }),
  what: Type.String({ description: 'What differs, for people.' }),
  mending: Type.Enum(['underWay', 'possible', 'impossible'], {
    description:
      '`underWay`: a promotion or a copy is in hand or waits that mends it. `possible`: it is asked for with `mend`. `impossible`: nothing is, `mend` or not; `why` tells the reason.',
  }),
  why: Type.Optional(Type.String({ description: 'Why nothing can mend it.' })),
})
export type Difference = Static<typeof Difference>

/** The last line. Without it, the list is not complete. */
export const AuditTotal = Type.Object({
  rules: Type.Array(Type.String(), { description: 'The names of the rules that were looked at.' }),
  images: Type.Integer({ description: 'How many images were compared.' }),
  differing: Type.Integer({ description: 'How many of them differ.' }),
})
export type AuditTotal = Static<typeof AuditTotal>

export const AuditLine = Type.Union([Difference, AuditTotal, ExistingFailure])
export type AuditLine = Static<typeof AuditLine>

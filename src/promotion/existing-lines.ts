import { type Static, Type } from 'typebox'
import { PromotionStatus } from './status.ts'

/** An image that was there before, and that a rule matches. */
export const ExistingImage = Type.Object({
  image: PromotionStatus.properties.image,
  digest: Type.String({ description: 'The manifest that its tag names, as far as the index knows.' }),
  target: PromotionStatus.properties.target,
  promotion: Type.String({
    description: 'The id of its promotion. A push of the image would have the same.',
  }),
  state: Type.Enum(
    [
      ...(['arrived', 'present', 'differs', 'absent', 'asked', 'rolledBack', 'refused'] as const),
      ...(['queued', 'active', 'waiting', 'promoted', 'dropped', 'failed'] as const),
    ],
    {
      description:
        '`rolledBack`: the target had the image, and it was rolled back, so it is not asked for. `refused`: there is no such name, or the target refuses to tell of it; `why` says which. It is not asked for. A dry run tells what the target has. `arrived`: the tag names the image. `present`: it has the image without the tag. `differs`: the tag names another image. `absent`: it has neither. A real run says `arrived` of what was promoted there before, also if its receipt is gone, and `asked` if it asked for the promotion. If there was one already, it tells the state of that promotion.',
    },
  ),
  why: Type.Optional(Type.String({ description: 'Of `refused`: the reason.' })),
  bytes: Type.Optional(
    Type.Integer({
      description:
        'In a dry run: bytes of all configs and layers of the image, what it lists and what refers to it, each content once, as manifests state them.',
    }),
  ),
})
export type ExistingImage = Static<typeof ExistingImage>

/** The last line. Without it, the list is not complete. */
export const ExistingTotal = Type.Object({
  images: Type.Integer({ description: 'How many there are.' }),
  bytes: Type.Optional(
    Type.Integer({
      description:
        'In a dry run: bytes of all configs and layers to send, each content once. Not counted is what images of this list have at the target, and what `overwrite: never` refuses.',
    }),
  ),
  uncertain: Type.Optional(
    Type.Integer({
      description: 'In a dry run: of how many images to send the index does not know everything.',
    }),
  ),
  more: Type.Boolean({
    description:
      'Whether there are more images, which were not asked for since too many promotions wait: ask again later.',
  }),
})
export type ExistingTotal = Static<typeof ExistingTotal>

/** Why the list ends early. */
export const ExistingFailure = Type.Object({
  error: Type.String({ description: 'Why the list is not complete: the target cannot be asked, say.' }),
})

export const ExistingLine = Type.Union([ExistingImage, ExistingTotal, ExistingFailure])
export type ExistingLine = Static<typeof ExistingLine>

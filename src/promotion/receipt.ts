import { type Static, Type } from 'typebox'

const taggedImage = (description: string) =>
  Type.Object(
    {
      registry: Type.String({ description: 'Its name in the configuration.' }),
      repository: Type.String({ description: 'The name in the registry.' }),
      tag: Type.String({ description: 'The tag.' }),
    },
    { description },
  )

/** What a promotion did. */
export const PromotionReceipt = Type.Object({
  id: Type.String({ description: 'The id of the receipt.' }),
  at: Type.String({ description: 'When it ended, RFC 3339.' }),
  rule: Type.String({ description: 'The name of the rule.' }),
  from: taggedImage('What was copied.'),
  to: taggedImage('The copy.'),
  digest: Type.String({ description: 'The manifest that was copied.' }),
  manifests: Type.Array(Type.String(), {
    description: 'The digests of all manifests that were copied, with those of an index.',
  }),
  blobs: Type.Object(
    {
      sent: Type.Integer({ description: 'Blobs that were sent.' }),
      mounted: Type.Integer({
        description: 'Blobs that the target took from another repository of its own.',
      }),
      present: Type.Integer({ description: 'Blobs that the target had.' }),
    },
    { description: 'How the blobs came to the target.' },
  ),
  bytes: Type.Integer({ description: 'The bytes of the blobs that were sent.' }),
})
export type PromotionReceipt = Static<typeof PromotionReceipt>

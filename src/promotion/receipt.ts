import { type Static, Type } from 'typebox'

const TaggedImage = Type.Object({ registry: Type.String(), repository: Type.String(), tag: Type.String() })

/** What a promotion did. `at` is RFC 3339. `bytes` counts the blobs that were sent, not those mounted or present. */
export const PromotionReceipt = Type.Object({
  id: Type.String(),
  at: Type.String(),
  rule: Type.String(),
  from: TaggedImage,
  to: TaggedImage,
  digest: Type.String(),
  manifests: Type.Array(Type.String()),
  blobs: Type.Object({ sent: Type.Integer(), mounted: Type.Integer(), present: Type.Integer() }),
  bytes: Type.Integer(),
})
export type PromotionReceipt = Static<typeof PromotionReceipt>

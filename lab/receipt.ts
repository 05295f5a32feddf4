import type { PromotionReceipt } from '../src/promotion/receipt.ts'

const NONE = { count: 0, bytes: 0 }

/** A receipt with something in each field that must be there. */
export const sampleReceipt = (
  more: Partial<PromotionReceipt> & { id: string; at: string },
): PromotionReceipt => ({
  ...{ kind: 'promotion', askedAt: more.at, rule: 'r', by: 'push' },
  from: { registry: 'ci', repository: 'app', tag: 'v1' },
  to: { registry: 'production', repository: 'app', tag: 'v1' },
  ...{ digest: `sha256:${'a'.repeat(64)}`, manifests: [`sha256:${'a'.repeat(64)}`], absent: [], leftOut: [] },
  ...{ referrers: [], tags: [], leftBehind: [], gates: [] },
  blobs: { sent: { count: 1, bytes: 7 }, mounted: NONE, present: NONE },
  ...more,
})

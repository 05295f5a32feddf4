import { expect, test } from 'vitest'
import { usePromotions } from './promotion-bed.ts'

/** Promotions whose receipts are older than `records.keep`, and were deleted. */
const bed = usePromotions()

test('a promotion that is asked for again after its receipt has gone writes and sends nothing', async () => {
  const { store, promote, receipts, targets } = bed.setUp()
  const { job } = await bed.release()
  const first = await promote(job)
  const before = await targets.read(job.to)
  await store.delete(`promotion-ids/${first.id}`)
  expect(await receipts.find(first.id)).toBeUndefined()
  bed.registries.production.reset()
  const again = await promote(job)
  expect(again.replaced).toBe(first.replaced)
  expect(again).toMatchObject({
    digest: job.digest,
    blobs: { sent: { count: 0 }, mounted: { count: 0 } },
  })
  expect(bed.registries.production.requests.filter((line) => /^(PUT|POST|PATCH|DELETE)/.test(line))).toEqual(
    [],
  )
  // A rollback puts back what was there before the first one.
  expect(await targets.read(job.to)).toEqual(before)
})

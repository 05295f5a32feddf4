import type { Metrics } from '../platform/metrics.ts'
import type { PromotionJob } from '../queue/jobs.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { Copied } from './copy/copied.ts'
import { readBack, writeTag } from './copy/write-tag.ts'
import type { Ready } from './last-looks.ts'
import type { PromotionReceipt } from './receipt.ts'
import { type Attempted, receiptOf } from './receipt-of.ts'
import type { Receipts } from './receipts.ts'
import { ruleNameOf } from './rule-name.ts'
import type { Targets } from './targets.ts'

/** Makes what writes the tag of an image that was copied, exactly once, and then the receipt. `now` is epoch ms. @throws RegistryError */
export const makeWriteAndRecord =
  (deps: {
    clientOf: (registry: string) => RegistryClient
    targets: Pick<Targets, 'confirm' | 'end'>
    receipts: Pick<Receipts, 'append'>
    metrics: Pick<Metrics, 'promotedBytes'>
    /** Called once the tag is written, before the receipt: referrers that are pushed later find their way. */
    follow: (job: PromotionJob, copied: Copied, forMs: number) => Promise<void>
    now: () => number
  }) =>
  async (
    job: PromotionJob,
    attempt: Attempted,
    copied: Copied,
    { options, gates, record, replaced, lost, isThere }: Ready,
  ): Promise<PromotionReceipt> => {
    const { to, digest } = job
    const target = { client: deps.clientOf(to.registry), repository: to.repository }
    // What it says of its tag is believed once the manifest came.
    const isRead = isThere && (await readBack(target, to.tag, copied.root))
    if (!isRead) await writeTag(target, to.tag, copied.root)
    await (replaced === digest
      ? deps.targets.confirm(to, record)
      : deps.targets.end(to, { ...record, ...(replaced !== undefined && { replaced }) }))
    if (options.follow !== 'never') await deps.follow(job, copied, options.follow)
    const receipt = receiptOf({ job, attempt, copied, gates, replaced, lost, at: new Date(deps.now()) })
    await deps.receipts.append(receipt)
    deps.metrics.promotedBytes.inc({ rule: ruleNameOf(job) }, copied.blobs.sent.bytes)
    return receipt
  }

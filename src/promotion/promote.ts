import type { Metrics } from '../platform/metrics.ts'
import { jobId } from '../queue/job-id.ts'
import type { PromotionJob } from '../queue/jobs.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { Journal } from '../store/journal.ts'
import { digestKey } from '../usage/digest-key.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import type { Copier } from './copy/copy-image.ts'
import { writeTag } from './copy/write-tag.ts'
import type { makeMatch } from './match.ts'
import type { PromotionReceipt } from './receipt.ts'

/**
 * Carries out one promotion and stores its receipt. Returns `undefined`, and copies nothing, if the rule is no longer
 * configured, a younger push has taken the tag, or what was pushed is a placeholder by which expiry deletes the tag. @throws what `copyImage` and `writeTag` throw
 */
export function makePromote(deps: {
  index: UsageIndex
  clientOf: (registry: string) => RegistryClient
  copyImage: Copier['copyImage']
  match: ReturnType<typeof makeMatch>
  isPlaceholder: (registry: string, repository: string, digest: string) => Promise<boolean>
  receipts: Journal<PromotionReceipt>
  metrics: Metrics
}) {
  return async function promote(job: PromotionJob, now: Date): Promise<PromotionReceipt | undefined> {
    const target = deps.match(job).find((match) => match.rule === job.rule)?.to
    if (target === undefined || (await isSuperseded(job))) return undefined
    if (await deps.isPlaceholder(job.registry, job.repository, job.digest)) return undefined
    const to = { client: deps.clientOf(target.registry), repository: target.repository }
    const copied = await deps.copyImage({
      source: { client: deps.clientOf(job.registry), repository: job.repository },
      target: to,
      sameRegistry: target.registry === job.registry,
      digest: job.digest,
      ...{ sparse: 'refuse', verify: 'sample', referrers: true },
      mountFrom: async () => [],
    })
    await writeTag(to, target.tag, copied.root)
    const { sent, mounted, present } = copied.blobs
    const receipt: PromotionReceipt = {
      id: jobId('promotion', job.rule, job.registry, job.repository, job.tag, job.digest, job.pushedAt),
      at: now.toISOString(),
      rule: job.rule,
      from: { registry: job.registry, repository: job.repository, tag: job.tag },
      to: target,
      digest: job.digest,
      manifests: copied.manifests,
      blobs: { sent: sent.count, mounted: mounted.count, present: present.count },
      bytes: sent.bytes,
    }
    await deps.receipts.append(receipt)
    deps.metrics.promotedBytes.inc({ rule: job.rule }, sent.bytes)
    return receipt
  }

  /** Whether a younger push has moved the tag to another digest. A late or replayed push must not move it back. */
  async function isSuperseded(job: PromotionJob): Promise<boolean> {
    const tag = await deps.index.tag(job.project, job.repository, job.tag)
    const key = digestKey(job.digest)
    return tag !== undefined && tag.digestKey !== key && tag.at > job.pushedAt
  }
}

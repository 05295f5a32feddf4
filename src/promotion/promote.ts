import type { Metrics } from '../platform/metrics.ts'
import type { PromotionJob } from '../queue/jobs.ts'
import type { RegistryClient } from '../registry/client.ts'
import { RegistryError } from '../registry/registry-error.ts'
import { afterFailure } from './after-failure.ts'
import { atGates } from './at-gates.ts'
import type { Copied } from './copy/copied.ts'
import { CopyError } from './copy/copy-error.ts'
import type { Copier } from './copy/copy-image.ts'
import { readBack, writeTag } from './copy/write-tag.ts'
import { waitAsAsked } from './gates/ask-again.ts'
import type { GatesResult } from './gates/check-gates.ts'
import { makeLookAtSource } from './look-at-source.ts'
import { lostPlatforms } from './lost-platforms.ts'
import type { TaggedImage } from './match.ts'
import { type Attempt, dropped, type Outcome, PATIENCE_MS, refused, waiting } from './outcome.ts'
import { whyNotOverwrite } from './overwrite.ts'
import type { PromotionReceipt } from './receipt.ts'
import { type Attempted, receiptOf } from './receipt-of.ts'
import type { Receipts } from './receipts.ts'
import type { CopyOptions } from './rule.ts'
import type { Targets } from './targets.ts'

/** How soon a promotion asks whether it is its turn, in ms. */
const TURN_MS = 1_000

const MOVED_AT_TARGET = 'its tag was moved at the target'

/** How soon a receipt is attached again at the earliest, in ms. */
const ATTACH_MS = 15_000

/**
 * Carries out promotions: by digest, after asking the source whether the tag has that digest, and once more before the tag is
 * written at the target, exactly once and last. What happened is in the receipt.
 */
export function makePromote(deps: {
  clientOf: (registry: string) => RegistryClient
  /** How a job is carried out as configured now; `undefined` if its rule is gone or leads elsewhere. */
  optionsOf: (job: PromotionJob) => CopyOptions | undefined
  /** Whether by the index a push that is younger than the job's gave the tag this digest, and none in the future did. */
  isYounger: (job: PromotionJob, digest: string) => Promise<boolean>
  isPlaceholder: (registry: string, repository: string, digest: string) => Promise<boolean>
  checkGates: (job: PromotionJob, attempt: Attempted) => Promise<GatesResult>
  copier: Pick<Copier, 'copyImage'>
  /** Gives what finds repositories of a registry that have a blob. */
  mountFrom: (registry: string) => (digest: string) => Promise<readonly string[]>
  metrics: Pick<Metrics, 'promotedBytes'>
  targets: Targets
  receipts: Receipts
  /** Pushes the signed receipt to the target, where it may be already. */
  attachReceipt: (receipt: PromotionReceipt) => Promise<void>
  /** Told what is no failure of a promotion, for the log. */
  warn: (message: string) => void
  /** Called once the tag is written, before the receipt: referrers that are pushed later find their way. */
  follow: (job: PromotionJob, copied: Copied, forMs: number) => Promise<void>
  /** epoch ms */
  now: () => number
}) {
  const { now, targets } = deps
  const lookAtSource = makeLookAtSource(deps)

  return async function promote(job: PromotionJob, attempt: Attempt): Promise<Outcome> {
    let bytes = 0
    const onProgress: Attempt['onProgress'] = (progress) => {
      bytes = progress.bytes
      attempt.onProgress(progress)
    }
    try {
      return await proceed(job, { ...attempt, onProgress })
    } catch (error) {
      return afterFailure(error, attempt, bytes, now())
    }
  }

  async function proceed(job: PromotionJob, attempt: Attempt): Promise<Outcome> {
    const done = await deps.receipts.find(attempt.id)
    const options = deps.optionsOf(job)
    if (done !== undefined) return attach(done, attempt, options)
    if (options === undefined) return dropped('its rule is gone, or leads elsewhere by now')
    if (await deps.isPlaceholder(job.registry, job.repository, job.digest))
      return dropped('it is a placeholder with which expiry deletes the tag')

    const isWritten = await hasWritten(job, attempt)
    const early = isWritten ? undefined : await lookAtSource(job, attempt, options.settle)
    if (early !== undefined) return early
    const refusal = await whyNotWrite(job, attempt, options, await currentAt(job.to))
    if (refusal !== undefined) return refused(refusal)
    const gates = await askGates(job, attempt, { ...options, isWritten })
    if ('outcome' in gates) return gates.outcome
    return copyAndWrite(job, attempt, { ...options, isWritten })
  }

  /** Whether an earlier attempt wrote the tag and was killed: what is at the target needs a receipt, whatever the source says now. */
  async function hasWritten({ to, digest }: PromotionJob, { id }: Attempt): Promise<boolean> {
    const { writing, last } = await targets.read(to)
    const isOurs = writing?.promotion === id || last?.promotion === id
    return isOurs && (await currentAt(to)) === digest
  }

  /** What the gates have said, or why the image does not pass: also since it is not its turn. */
  async function askGates(
    job: PromotionJob,
    attempt: Attempt,
    { waitFor, isWritten }: CopyOptions & { isWritten: boolean },
  ): Promise<GatesResult | { outcome: Outcome }> {
    const gates = await deps.checkGates(job, attempt)
    if (gates.state !== 'open' && !isWritten) return { outcome: atGates(gates, attempt, waitFor, now()) }
    return (await attempt.isMyTurn())
      ? gates
      : { outcome: waiting('another promotion to its tag is in hand', now() + TURN_MS, attempt.seenAt) }
  }

  async function whyNotWrite(
    job: PromotionJob,
    { askedAt }: Attempt,
    { overwrite }: CopyOptions,
    current: string | undefined,
  ): Promise<string | undefined> {
    const { to, digest, pushedAt } = job
    const from = { registry: job.registry, repository: job.repository }
    const write = { from, digest, pushedAt, heardAt: askedAt * 1_000 }
    return whyNotOverwrite(write, overwrite, current, await targets.last(to, current))
  }

  async function currentAt({ registry, repository, tag }: TaggedImage): Promise<string | undefined> {
    return (await deps.clientOf(registry).headManifest(repository, tag))?.digest
  }

  async function copyAndWrite(
    job: PromotionJob,
    attempt: Attempt,
    before: CopyOptions & { isWritten: boolean },
  ): Promise<Outcome> {
    const { to } = job
    const { isWritten } = before
    const target = { client: deps.clientOf(to.registry), repository: to.repository }
    try {
      const copied = await deps.copier.copyImage({
        source: { client: deps.clientOf(job.registry), repository: job.repository },
        target,
        sameRegistry: to.registry === job.registry,
        digest: job.digest,
        ...{ sparse: before.sparse, verify: before.verify, referrers: true },
        ...(before.platforms && { platforms: before.platforms }),
        mountFrom: deps.mountFrom(to.registry),
        onProgress: attempt.onProgress,
      })
      // To copy takes time: rules and gates may have changed.
      const options = deps.optionsOf(job)
      if (options === undefined) return dropped('its rule was changed meanwhile')
      const gates = await askGates(job, attempt, { ...options, isWritten })
      if ('outcome' in gates) return gates.outcome
      const current = await currentAt(to)
      // What an earlier attempt wrote is not there any more. The next attempt looks at the source again.
      if (isWritten && current !== job.digest)
        return waiting(MOVED_AT_TARGET, now() + TURN_MS, attempt.seenAt)
      const refusal = await whyNotWrite(job, attempt, options, current)
      if (refusal !== undefined) return refused(refusal)
      const { digest, pushedAt, registry, repository } = job
      const heardAt = attempt.askedAt * 1_000
      const record = { from: { registry, repository }, digest, pushedAt, heardAt, promotion: attempt.id }
      const replaced = await targets.begin(to, record, current)
      const lost = replaced === undefined ? [] : await lostPlatforms(target, replaced, digest)
      // The last look before the tag is written, at both ends.
      const [late, still] = await Promise.all([
        isWritten ? undefined : lookAtSource(job, attempt, 0),
        currentAt(to),
      ])
      if (late !== undefined) return late
      if (still !== current) return waiting(MOVED_AT_TARGET, now() + TURN_MS, attempt.seenAt)
      // What it says of its tag is believed once the manifest came.
      const isThere = current === digest && (await readBack(target, to.tag, copied.root))
      if (!isThere) await writeTag(target, to.tag, copied.root)
      await (replaced === digest
        ? targets.confirm(to, record)
        : targets.end(to, { ...record, ...(replaced !== undefined && { replaced }) }))
      if (options.follow !== 'never') await deps.follow(job, copied, options.follow)
      const receipt = receiptOf({ job, attempt, copied, gates, replaced, lost, at: new Date(now()) })
      await deps.receipts.append(receipt)
      deps.metrics.promotedBytes.inc({ rule: job.rule ?? 'request' }, copied.blobs.sent.bytes)
      return await attach(receipt, attempt, options)
    } catch (error) {
      // The image may have been deleted meanwhile.
      const late = isAbsent(error) ? await lookAtSource(job, attempt, before.settle) : undefined
      if (late !== undefined) return late
      throw error
    }
  }

  /** The image is promoted. That its receipt cannot be attached is no failure; it is tried again for a day. */
  async function attach(
    receipt: PromotionReceipt,
    attempt: Attempt,
    options: CopyOptions | undefined,
  ): Promise<Outcome> {
    try {
      if (options?.attachReceipt === true) await deps.attachReceipt(receipt)
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error
      const why = `it is promoted, and its receipt is not attached: ${error.message}`
      if (error.retry && now() < Date.parse(receipt.at) + PATIENCE_MS)
        return waiting(why, now() + waitAsAsked(error.retryAfter, ATTACH_MS), attempt.seenAt)
      deps.warn(`${receipt.id}: ${why}`)
    }
    return { state: 'promoted', receipt }
  }
}

const isAbsent = (error: unknown): boolean => error instanceof CopyError && error.code === 'absent'
